import { TopologyError } from '../errors.ts'
import type { StoreDef } from '../state/stores.ts'
import type { OperatorDef } from './operator.ts'
import type { SinkDef, SourceDef, SubTopology, Topology, TopologyNode } from './topology.ts'

type Draft = { parents: string[]; children: string[] } & (
  | { kind: 'source'; source: SourceDef }
  | { kind: 'processor'; operator: OperatorDef<never, never> }
  | { kind: 'sink'; sink: SinkDef }
)

/**
 * Builds a topology node by node; parents are named and must be there already, so that a graph has no cycle. A node's
 * children get its records in the order in which they were connected.
 */
export class TopologyBuilder {
  readonly #nodes = new Map<string, Draft>()

  /** @throws TopologyError when the name is taken */
  source(source: SourceDef): this {
    return this.#add(source.name, { kind: 'source', source, parents: [], children: [] }, [])
  }

  /** @throws TopologyError when the name is taken or a parent is unknown or a sink */
  processor<In, Out>(operator: OperatorDef<In, Out>, ...parents: string[]): this {
    const erased = operator as unknown as OperatorDef<never, never>
    return this.#add(operator.name, { kind: 'processor', operator: erased, parents: [], children: [] }, parents)
  }

  /** @throws TopologyError when the name is taken or a parent is unknown or a sink */
  sink<V>(sink: SinkDef<V>, ...parents: string[]): this {
    return this.#add(sink.name, { kind: 'sink', sink: sink as unknown as SinkDef, parents: [], children: [] }, parents)
  }

  /**
   * @throws TopologyError `loopback-undeclared` for a sink to a topic that the topology reads without `loopback: true`;
   *   `topology-invalid` for everything else that contradicts itself
   */
  build(): Topology {
    this.#checkTopics()
    this.#checkLooseEnds()
    const stores = this.#stores()
    return { subTopologies: this.#components().map((names, id) => this.#subTopology(id, names, stores)) }
  }

  #add(name: string, draft: Draft, parents: readonly string[]): this {
    if (this.#nodes.has(name)) throw invalid(`two nodes are called "${name}"; give one another name`)
    if (draft.kind !== 'source' && parents.length === 0)
      throw invalid(`"${name}" has no parent; name the nodes whose records it gets`)
    this.#nodes.set(name, draft)
    for (const parent of parents) this.#link(name, parent)
    return this
  }

  #link(child: string, parent: string): void {
    const from = this.#nodes.get(parent)
    const to = this.#nodes.get(child)
    if (from === undefined || to === undefined)
      throw invalid(`there is no node "${from === undefined ? parent : child}"; add it first`)
    if (from.kind === 'sink') throw invalid(`"${parent}" is a sink and cannot have the child "${child}"`)
    if (to.kind === 'source') throw invalid(`"${child}" is a source and cannot have a parent`)
    from.children.push(child)
    to.parents.push(parent)
  }

  #checkTopics(): void {
    const readBy = new Map<string, string>()
    for (const [name, node] of this.#nodes) {
      if (node.kind !== 'source') continue
      const other = readBy.get(node.source.topic)
      if (other !== undefined)
        throw invalid(`"${other}" and "${name}" both read the topic "${node.source.topic}"; keep one`)
      readBy.set(node.source.topic, name)
    }
    if (readBy.size === 0) throw invalid('the topology reads nothing; add a source')
    for (const [name, node] of this.#nodes) {
      if (node.kind !== 'sink') continue
      const loops = readBy.has(node.sink.topic)
      if (loops && node.sink.loopback !== true) {
        throw new TopologyError(
          'loopback-undeclared',
          `the sink "${name}" writes to "${node.sink.topic}", which this topology reads; declare it with loopback: true if that is meant`,
        )
      }
      if (!loops && node.sink.loopback === true) {
        throw invalid(`the sink "${name}" is declared a loopback, but nothing reads "${node.sink.topic}"`)
      }
    }
  }

  #checkLooseEnds(): void {
    for (const [name, node] of this.#nodes) {
      if (node.kind === 'source' && node.children.length === 0) throw invalid(`nothing follows the source "${name}"`)
    }
  }

  #stores(): Map<string, StoreDef<never>> {
    const stores = new Map<string, StoreDef<never>>()
    for (const node of this.#nodes.values()) {
      for (const store of node.kind === 'processor' ? node.operator.stores : []) {
        const known = stores.get(store.name)
        if (known !== undefined && known !== store) {
          throw invalid(
            `two different stores are called "${store.name}"; share one definition or give one another name`,
          )
        }
        stores.set(store.name, store)
      }
    }
    return stores
  }

  /** Groups of nodes connected by records or by a shared store, in the order of their first nodes. */
  #components(): string[][] {
    const groupOf = new Map<string, Set<string>>()
    const unite = (a: string, b: string): void => {
      const left = groupOf.get(a) ?? new Set([a])
      const right = groupOf.get(b) ?? new Set([b])
      const merged = left.union(right)
      for (const name of merged) groupOf.set(name, merged)
    }
    const users = new Map<string, string>()
    for (const [name, node] of this.#nodes) {
      unite(name, name)
      for (const parent of node.parents) unite(parent, name)
      for (const store of node.kind === 'processor' ? node.operator.stores : []) {
        unite(users.get(store.name) ?? name, name)
        users.set(store.name, name)
      }
    }
    const seen = new Set<Set<string>>()
    const components: string[][] = []
    for (const name of this.#nodes.keys()) {
      const group = groupOf.get(name)!
      if (seen.has(group)) continue
      seen.add(group)
      components.push([...this.#nodes.keys()].filter((other) => group.has(other)))
    }
    return components
  }

  #subTopology(id: number, names: readonly string[], stores: ReadonlyMap<string, StoreDef<never>>): SubTopology {
    const nodes = names.map((name): TopologyNode => ({ name, ...this.#nodes.get(name)! }))
    const used = new Set(
      nodes.flatMap((node) => (node.kind === 'processor' ? node.operator.stores.map((store) => store.name) : [])),
    )
    return {
      id,
      nodes,
      sources: nodes.flatMap((node) => (node.kind === 'source' ? [node.source] : [])),
      stores: [...stores.values()].filter((store) => used.has(store.name)),
    }
  }
}

const invalid = (message: string): TopologyError => new TopologyError('topology-invalid', message)
