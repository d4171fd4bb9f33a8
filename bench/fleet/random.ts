/** Reproducible numbers from 0 to 1: the high bits of a linear congruential generator (Knuth's MMIX). */
export function createRandom(seed: bigint): () => number {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number(state >> 11n) / 2 ** 53;
  };
}
