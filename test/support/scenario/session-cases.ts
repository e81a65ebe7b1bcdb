import type { Stage } from './stage.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

const around = (boundMs: number) => [boundMs - 1, boundMs, boundMs + 1]

export function twoDevicesCases(stage: Stage): void {
  const rule = 'withdrawal-after-two-devices'
  for (const gapMs of around(30 * minuteMs)) {
    const actor = stage.actor()
    actor.login(0, 'd-1')
    actor.login(10 * minuteMs, 'd-2')
    const event = actor.withdrawal(gapMs, 50)
    actor.fires(rule, event, { name: `two devices within ${gapMs} ms`, yes: gapMs <= 30 * minuteMs, near: true })
  }
  const oneDevice = stage.actor()
  oneDevice.login(0, 'd-1')
  oneDevice.login(minuteMs, 'd-1')
  oneDevice.fires(rule, oneDevice.withdrawal(2 * minuteMs, 50), { name: 'one device', yes: false })
  const disordered = stage.actor()
  disordered.login(0, 'd-1')
  disordered.withdrawal(5 * minuteMs, 50)
  const late = disordered.login(2 * minuteMs, 'd-2', 30 * minuteMs)
  disordered.fires(rule, late, { name: 'the second login arrives after the withdrawal', yes: true })
  const three = stage.actor()
  for (const [n, device] of ['d-1', 'd-2', 'd-3', 'd-3'].entries()) three.login(n * minuteMs, device)
  three.fires(rule, three.withdrawal(5 * minuteMs, 50), { name: 'the most recent two of three devices', yes: true })
  const sameTime = stage.actor()
  sameTime.login(0, 'd-1')
  sameTime.login(0, 'd-2')
  sameTime.fires(rule, sameTime.withdrawal(0, 50), { name: 'all at the same time', yes: true, near: true })
  const afterwards = stage.actor()
  afterwards.login(0, 'd-1')
  afterwards.withdrawal(1, 50)
  const login = afterwards.login(1, 'd-2')
  afterwards.fires(rule, login, { name: 'a login at the same time, after it in the log', yes: false, near: true })
}

export function secondFactorCases(stage: Stage): void {
  const rule = 'withdrawal-without-2fa'
  for (const gapMs of around(hourMs)) {
    const actor = stage.actor()
    actor.login(0, 'd-1')
    const event = actor.withdrawal(gapMs, 50)
    actor.fires(rule, event, { name: `no second factor, ${gapMs} ms`, yes: gapMs <= hourMs, near: true })
  }
  const withdrawalMs = 10 * minuteMs
  for (const atMs of [0, 1, withdrawalMs - 1, withdrawalMs, withdrawalMs + 1]) {
    const actor = stage.actor()
    actor.login(0, 'd-1')
    actor.twofa(atMs)
    const event = actor.withdrawal(withdrawalMs, 50, Math.max(withdrawalMs, atMs))
    const yes = atMs === 0 || atMs > withdrawalMs
    actor.fires(rule, event, { name: `second factor ${atMs} ms after the login`, yes, near: true })
  }
  const tooLate = stage.actor()
  tooLate.login(0, 'd-1')
  const withdrawal = tooLate.withdrawal(withdrawalMs, 50)
  tooLate.twofa(minuteMs, withdrawalMs + minuteMs)
  tooLate.fires(rule, withdrawal, { name: 'the second factor arrives after the withdrawal', yes: true })
  const again = stage.actor()
  again.login(0, 'd-1')
  again.twofa(minuteMs)
  again.login(2 * minuteMs, 'd-1')
  again.fires(rule, again.withdrawal(3 * minuteMs, 50), { name: 'a login after the second factor', yes: true })
}
