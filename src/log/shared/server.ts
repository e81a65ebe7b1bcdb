import type { MessagePort } from 'node:worker_threads'
import { LogError } from '../../errors.ts'
import type { Assignor, GroupMembership, GroupOptions, Log } from '../log.ts'
import { type Call, describeFailure, errorOf, listen, post, type Question, type Response } from './protocol.ts'

/** What a thread says of a group: functions do not travel. */
export interface JoinArguments extends Pick<GroupOptions, 'groupId' | 'topics' | 'assignorName'> {
  readonly member: number
  readonly userData: Buffer
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
}

type Target = Record<string, (...args: readonly unknown[]) => unknown>

/** Opened things; all else that the log answers is plain. */
const opening = new Set(['openReader', 'openProducer', 'openTransactionalProducer'])

/**
 * Lets another thread use this thread's log through a port. What it leaves open is closed when the port closes.
 * @param assignor of the groups that the thread joins: it runs here
 */
export function shareLog(log: Log, port: MessagePort, assignor: Assignor): void {
  const opened = new Map<number, Target>([[0, log as unknown as Target]])
  const members = new Map<number, { userData: Buffer; membership: GroupMembership | undefined }>()
  const asked = new Map<number, PromiseWithResolvers<void>>()
  let handles = 0
  let ended = false

  const ask = (member: number, event: Question['event'], args: readonly unknown[]): Promise<void> => {
    // A thread that failed cannot answer, and the group must not wait for it.
    if (ended) return Promise.reject(new Error('the thread has ended'))
    const answered = Promise.withResolvers<void>()
    const question = ++handles
    asked.set(question, answered)
    post(port, { question, member, event, args })
    return answered.promise
  }

  const join = async ({ member, userData, ...options }: JoinArguments): Promise<string> => {
    const joined: { userData: Buffer; membership: GroupMembership | undefined } = { userData, membership: undefined }
    members.set(member, joined)
    joined.membership = await log.joinGroup({
      ...options,
      assignor,
      userData: () => joined.userData,
      onAssigned: (partitions, told) => ask(member, 'onAssigned', [partitions, told]),
      onRevoked: (partitions) => ask(member, 'onRevoked', [partitions]),
      onLost: (partitions) => ask(member, 'onLost', [partitions]),
      onError: (error) => void ask(member, 'onError', [describeFailure(error)]).catch(() => {}),
    })
    opened.set(member, joined.membership as unknown as Target)
    return joined.membership.memberId
  }

  const carryOut = async ({ call, on, method, args }: Call): Promise<void> => {
    try {
      if (method === 'joinGroup') return post(port, { answer: call, value: await join(args[0] as JoinArguments) })
      const target = opened.get(on)
      if (target === undefined && method === 'close') return post(port, { answer: call, value: undefined })
      if (target === undefined) throw new LogError('log-closed', 'it is closed: open another')
      const value = await target[method]!(...args)
      if (method === 'close') opened.delete(on)
      if (!opening.has(method)) return post(port, { answer: call, value })
      opened.set(++handles, value as Target)
      post(port, { answer: call, value: undefined, handle: handles })
    } catch (error) {
      post(port, { answer: call, failure: describeFailure(error) })
    }
  }

  const heard = ({ response, member, userData, failure }: Response): void => {
    const answered = asked.get(response)
    asked.delete(response)
    const joined = members.get(member)
    if (joined !== undefined) joined.userData = userData
    if (failure === undefined) answered?.resolve()
    else answered?.reject(errorOf(failure))
  }

  listen(port, (message) => {
    if ('call' in message) void carryOut(message)
    else if ('response' in message) heard(message)
    else if ('rejoin' in message) {
      const member = members.get(message.rejoin)
      if (member !== undefined) member.userData = message.userData
      member?.membership?.rejoin()
    }
  })
  port.on('close', () => {
    ended = true
    for (const answered of asked.values()) answered.reject(new Error('the thread has ended'))
    for (const { membership } of members.values()) void membership?.leave().catch(() => {})
    opened.delete(0)
    for (const target of opened.values()) void Promise.resolve(target['close']?.()).catch(() => {})
  })
}
