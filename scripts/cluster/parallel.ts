/**
 * Works on items, some at a time. After a failure nothing new is begun; what runs is awaited, so that nothing goes on
 * behind the caller's back.
 *
 * @param limit how many run at the same time
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
