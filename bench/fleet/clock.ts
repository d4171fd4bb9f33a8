/** Simulated time, which jumps from one event to the next. */
export interface Clock {
  /** Milliseconds since the start. */
  now(): number;
  /** Resolves when that much simulated time has passed; rounded up to whole milliseconds. */
  wait(milliseconds: number): Promise<void>;
  /** Advances the time until no waiter remains, or until that moment. */
  run(until: number): Promise<void>;
}

interface Waiting {
  readonly at: number;
  /** Of waiters for the same moment, the oldest continues first. */
  readonly order: number;
  readonly resolve: () => void;
}

export function createClock(): Clock {
  const heap: Waiting[] = [];
  let now = 0;
  let order = 0;
  return {
    now: () => now,
    wait: (milliseconds) =>
      new Promise((resolve) => {
        push(heap, { at: Math.ceil(now + milliseconds), order: order++, resolve });
      }),
    run: async (until) => {
      await settled();
      for (let next = pop(heap); next !== undefined && next.at <= until; next = pop(heap)) {
        now = next.at;
        next.resolve();
        // All waiters for one moment continue before the work that they cause.
        if (heap[0]?.at !== now) await settled();
      }
    },
  };
}

/** Resolves when only work that waits for time remains. */
async function settled(): Promise<void> {
  // The rotation service starts work in the next turn of the event loop: the second turn includes it.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

function isBefore(one: Waiting, other: Waiting): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Adds to a binary heap with the earliest waiter first. */
function push(heap: Waiting[], waiting: Waiting): void {
  let index = heap.length;
  for (let parent = (index - 1) >> 1; index > 0; parent = (index - 1) >> 1) {
    const above = heap[parent];
    if (above === undefined || !isBefore(waiting, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = waiting;
}

function pop(heap: Waiting[]): Waiting | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
    const child = right && left && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
    const below = heap[child];
    if (below === undefined || !isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
  return first;
}
