import { SerdeError } from '../../errors.ts'
import { canonicalJson } from '../../record/canonical-json.ts'
import type { Serde } from '../../record/serde.ts'
import type { Contribution } from './global-definition.ts'

/** JSON has no infinities and no NaN: such a value is written as what it is called. */
interface NotFinite {
  readonly notFinite: string
}

type Value = Contribution['value'] | NotFinite

const written = (value: Contribution['value']): Value =>
  typeof value === 'number' && !Number.isFinite(value) ? { notFinite: String(value) } : value

const read = (value: Value): Contribution['value'] => (typeof value === 'object' ? Number(value.notFinite) : value)

/** Contributions as canonical JSON. */
export const contributionSerde: Serde<Contribution> = {
  serialize: ({ value, ...rest }) => Buffer.from(canonicalJson({ ...rest, value: written(value) })),
  deserialize(bytes) {
    try {
      const { value, ...rest } = JSON.parse(bytes.toString())
      if (typeof rest.definition?.hash !== 'string') throw new SerdeError('the bytes are no contribution')
      return value === undefined ? rest : { ...rest, value: read(value) }
    } catch (cause) {
      throw new SerdeError('the bytes are no contribution to a global feature', { cause })
    }
  },
}
