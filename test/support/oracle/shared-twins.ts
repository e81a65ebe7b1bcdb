import type { Twin } from './twins.ts'

/** The rule of this name, which stands in several rule sets. */
export const largeForBalance: Twin = {
  kind: 'when',
  id: 'large-for-balance',
  mode: 'live',
  outcome: 'challenge',
  score: 60,
  event: 'withdrawal.requested',
  names: ['e.amount', 't.customers.balance'],
  when: ({ fields }, row) => {
    const customer = row('customers')
    return customer.has('balance') && fields.number('amount') > 0.5 * customer.number('balance')
  },
}
