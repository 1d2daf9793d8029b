/** Something outside this process that the run waits for: a program, a request, a pause that a host asks for. */
interface Activity {
  /** As `git push https://git.example.com/a.git`, for a line while it lasts. */
  what: string;
  /** The same with all that is known of it, for --verbose. */
  whole: string;
  /** Milliseconds since 1970. */
  start: number;
  /** True: it may ask the user, so nothing is drawn meanwhile. */
  asks: boolean;
}

/** Called at the end of an activity: a line such as `git push …, exit code 1`, and the milliseconds it took. */
type Listener = (line: string, milliseconds: number) => void;

// Programs and requests start in rooms that know no reporter, and a process has one terminal: so there is one list.
const running = new Set<Activity>();
let listener: Listener = () => undefined;

/**
 * Notes that something begins.
 *
 * @param what without secrets that no reporter knows
 * @returns notes its end; with a remark for the line, such as `exit code 1`
 */
export function begin(what: string, { whole = what, asks = false } = {}): (remark?: string) => void {
  const activity = { what, whole, start: Date.now(), asks };
  running.add(activity);
  return (remark) => {
    if (!running.delete(activity)) return;
    listener(remark === undefined ? whole : `${whole}, ${remark}`, Date.now() - activity.start);
  };
}

/** Runs something as an activity. @throws what it throws */
export async function during<T>(what: string, work: () => PromiseLike<T>): Promise<T> {
  const end = begin(what);
  try {
    return await work();
  } finally {
    end();
  }
}

/** @returns the activity that runs longest, or one that may ask the user */
export function longestActivity(): Readonly<Activity> | undefined {
  const all = [...running];
  return all.find(({ asks }) => asks) ?? all[0];
}

/** Makes this the listener of each end. */
export function listen(to: Listener): void {
  listener = to;
}
