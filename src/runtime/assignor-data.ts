/** By partition (`main-0`): how many records of its changelogs a copy of its task's state may lack. */
export type Lags = Readonly<Record<string, number>>

/** What a member tells the assignor. */
export interface MemberData {
  /** Members of one process have one state folder. */
  readonly instance: string
  /** Where the instance answers questions about its tasks. */
  readonly endpoint?: string
  readonly standbyReplicas: number
  /** Of the tasks that it runs: 0, or what is still to be restored. */
  readonly owned: Lags
  /** Of the standbys that it keeps. */
  readonly copies: Lags
  /** Partitions with state on its disk that nobody has opened yet: nobody knows how old it is. */
  readonly left: readonly string[]
}

/** What the assignor tells a member beside its partitions. */
export interface ShareData {
  /** Partitions of which it is to keep a standby. */
  readonly standbys: readonly string[]
  /** Those of them whose task it is to get when its copy is warm: it then asks for another round. */
  readonly warmUps: readonly string[]
  /** The partitions of each instance that has an endpoint. */
  readonly owners: Readonly<Record<string, readonly string[]>>
}

/** More than any changelog has. */
export const unknownLag = Number.MAX_SAFE_INTEGER

const nobody: MemberData = { instance: '', standbyReplicas: 0, owned: {}, copies: {}, left: [] }
const nothing: ShareData = { standbys: [], warmUps: [], owners: {} }

export const encodeMemberData = (data: MemberData): Buffer => Buffer.from(JSON.stringify(data))
export const encodeShareData = (data: ShareData): Buffer => Buffer.from(JSON.stringify(data))

/** Text that is not ours (another version's, a foreign member's) counts as holding nothing, which only costs a restore. */
export const decodeMemberData = (bytes: Buffer): MemberData => decoded(bytes, nobody)

export const decodeShareData = (bytes: Buffer): ShareData => decoded(bytes, nothing)

/** The object in the text, where each member of `model` that it has is of the model's kind. */
function decoded<T extends object>(bytes: Buffer, model: T): T {
  try {
    const found: unknown = JSON.parse(bytes.toString())
    const fits = Object.entries(model).every(([name, like]) => kindOf((found as T)[name as keyof T]) === kindOf(like))
    if (fits) return found as T
  } catch {
    // Falls through.
  }
  return model
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value)
