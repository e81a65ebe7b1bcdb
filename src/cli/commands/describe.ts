import { Command, Option } from 'commander'
import { describeTopology, mermaidOf } from '../../topology/describe.ts'
import type { Topology } from '../../topology/topology.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { loadRules } from '../rule-folder.ts'
import { topologyOf } from '../rule-topology.ts'

interface Options {
  readonly rules: string
  readonly topic: string
  readonly mermaid?: boolean
  readonly json?: boolean
}

export function describeCommand(cli: Cli): Command {
  const command = new Command('describe')
    .description('Show the topology that a rule set compiles to: sources, processors, stores and sinks.')
    .requiredOption('--rules <DIR>', 'rule files')
    .option('--topic <NAME>', 'the topic of events and decisions', 'main')
    .option('--mermaid', 'as a Mermaid flow chart')
    .addOption(new Option('--json', 'for machines').conflicts('mermaid'))
    .action(cli.action((options: Options) => run(cli, options)))
  return withExamples(command, ['weir describe --rules rules', 'weir describe --rules rules --mermaid > topology.mmd'])
}

async function run(cli: Cli, { rules, topic, mermaid, json }: Options): Promise<ExitCode> {
  const topology = topologyOf(await loadRules(rules), topic)
  if (json) await cli.out.line(JSON.stringify(plain(topology), null, 2))
  else await cli.out.write(mermaid ? mermaidOf(topology) : describeTopology(topology))
  return 0
}

const plain = ({ subTopologies }: Topology) => ({
  subTopologies: subTopologies.map(({ id, nodes, stores }) => ({
    id,
    nodes: nodes.map((node) => ({
      name: node.name,
      kind: node.kind,
      ...(node.kind === 'source' ? { topic: node.source.topic } : {}),
      ...(node.kind === 'sink' ? { topic: node.sink.topic } : {}),
      ...(node.kind === 'processor' ? { stores: node.operator.stores.map(({ name }) => name) } : {}),
      parents: node.parents,
      children: node.children,
    })),
    stores: stores.map((store) => ({
      name: store.name,
      kind: store.kind,
      ...(store.kind === 'key-value' ? {} : { retentionMs: store.retentionMs }),
    })),
  })),
})
