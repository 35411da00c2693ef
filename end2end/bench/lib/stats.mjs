// Order statistics of small samples.

/** The value that `share` (0 to 1) of the samples do not exceed: nearest rank, so it is one of the samples. */
export function quantile(samples, share) {
  if (samples.length === 0) throw new Error('no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/** The middle value; the mean of the two middle ones for an even number. */
export function median(samples) {
  if (samples.length === 0) throw new Error('no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** `fn(i)` for i = 0 … n-1, one after the other. */
export async function times(n, fn) {
  const results = [];
  for (let i = 0; i < n; i += 1) results.push(await fn(i));
  return results;
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Milliseconds of the monotonic clock. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** Waits until `condition()` is truthy and returns it. */
export async function until(condition, what, ceilingMs = 60_000) {
  const end = now() + ceilingMs;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (now() > end) throw new Error(`${what}: not within ${ceilingMs} ms`);
    await sleep(10);
  }
}
