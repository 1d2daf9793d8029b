/**
 * Processes items in parallel, up to a limit. After a failure no new item starts, and running ones are awaited, so that no
 * work continues in the background.
 *
 * @param limit maximum number in parallel
 * @returns the results in the order of the items
 * @throws the first error
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<Item, Result>();
  const errors: unknown[] = [];
  const queue = [...items];
  async function worker(): Promise<void> {
    for (let item = queue.shift(); item !== undefined && errors.length === 0; item = queue.shift()) {
      try {
        results.set(item, await work(item));
      } catch (error) {
        errors.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
  return items.map((item) => results.get(item) as Result);
}
