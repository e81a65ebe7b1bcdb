/** Waits until the check passes, and gives what it gave; fails with the last error it gave. For tests only. */
export async function eventually<Found = void>(
  check: () => Promise<Found> | Found,
  { withinMs = 20_000, everyMs = 10 }: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<Found> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }
}
