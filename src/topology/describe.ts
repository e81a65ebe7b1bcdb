import type { Topology, TopologyNode } from './topology.ts'

/** The topology as Kafka Streams' `describe()` prints it: sub-topologies, nodes, stores, topics. */
export function describeTopology(topology: Topology): string {
  const lines = ['Topologies:']
  for (const { id, nodes } of topology.subTopologies) {
    lines.push(`  Sub-topology: ${id}`)
    for (const node of nodes) {
      lines.push(`    ${title(node)}`)
      if (node.kind !== 'sink') lines.push(`      --> ${node.children.join(', ') || 'none'}`)
      if (node.kind !== 'source') lines.push(`      <-- ${node.parents.join(', ')}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** The same as a Mermaid flow chart. */
export function mermaidOf(topology: Topology): string {
  const lines = ['flowchart TD']
  for (const { id, nodes, stores } of topology.subTopologies) {
    const ids = new Map(nodes.map((node, index) => [node.name, `n${id}_${index}`]))
    const storeIds = new Map(stores.map((store, index) => [store.name, `s${id}_${index}`]))
    lines.push(`  subgraph sub${id}["sub-topology ${id}"]`)
    for (const node of nodes) lines.push(`    ${ids.get(node.name)}${shape(node)}`)
    for (const store of stores) lines.push(`    ${storeIds.get(store.name)}[("${quoted(store.name)}")]`)
    for (const node of nodes) {
      for (const child of node.children) lines.push(`    ${ids.get(node.name)} --> ${ids.get(child)}`)
      for (const store of node.kind === 'processor' ? node.operator.stores : []) {
        lines.push(`    ${ids.get(node.name)} -.- ${storeIds.get(store.name)}`)
      }
    }
    lines.push('  end')
  }
  return `${lines.join('\n')}\n`
}

function title(node: TopologyNode): string {
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topic: ${node.source.topic})`
    case 'processor':
      return `Processor: ${node.name} (stores: [${node.operator.stores.map((store) => store.name).join(', ')}])`
    case 'sink':
      return `Sink: ${node.name} (topic: ${node.sink.topic}${node.sink.loopback === true ? ', loopback' : ''})`
  }
}

function shape(node: TopologyNode): string {
  switch (node.kind) {
    case 'source':
      return `(["${quoted(node.name)}<br/>topic ${quoted(node.source.topic)}"])`
    case 'processor':
      return `["${quoted(node.name)}"]`
    case 'sink':
      return `[/"${quoted(node.name)}<br/>topic ${quoted(node.sink.topic)}"/]`
  }
}

const quoted = (text: string): string => text.replaceAll('"', '#quot;')
