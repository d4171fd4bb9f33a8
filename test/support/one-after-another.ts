/**
 * Returns a function that runs pieces of work one after the other. Work that is requested at the same time takes effect
 * in the order of the requests.
 */
export function oneAfterAnother(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
