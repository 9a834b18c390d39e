const show = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  }
  try {
    return JSON.stringify(value);
  } catch {
    // SDK objects refer to each other in circles.
    return Object.prototype.toString.call(value);
  }
};

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Where two values of plain data differ first, or nothing. A field that is `undefined` is a field. */
export function difference(actual: unknown, expected: unknown, where = 'value'): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length) return `${where}: ${show(actual)} instead of ${show(expected)}`;
    return first(actual.map((item, index) => difference(item, expected[index], `${where}[${index}]`)));
  }
  if (isPlain(actual) && isPlain(expected)) {
    const keys = [...new Set([...Object.keys(actual), ...Object.keys(expected)])];
    return first(
      keys.map((key) =>
        Object.hasOwn(actual, key) === Object.hasOwn(expected, key)
          ? difference(actual[key], expected[key], `${where}.${key}`)
          : `${where}.${key}: ${show(actual[key])} instead of ${show(expected[key])}`,
      ),
    );
  }
  return `${where}: ${show(actual)} instead of ${show(expected)}`;
}

const first = (found: readonly (string | undefined)[]): string | undefined =>
  found.find((one) => one !== undefined);

/** Throws unless both are the same plain data. `what` names it in the error. */
export function same(actual: unknown, expected: unknown, what?: string): void {
  const found = difference(actual, expected, what);
  if (found !== undefined) throw new Error(found);
}

/** Throws unless what the test says of a value is true. */
export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(`This is not so: ${what}`);
}

/** The value, which a flow knows to be there. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`There is no ${what}`);
  return value;
}

/** What a call is rejected with. */
export async function rejection(call: Promise<unknown>, what: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await call;
  } catch (error) {
    return error;
  }
  throw new Error(`${what} was not refused but answered ${show(value)}`);
}

/** Throws unless a call of the client API is refused with this HTTP status and this code. */
export async function refused(
  call: Promise<unknown>,
  status: number,
  code: number,
  what: string,
): Promise<void> {
  const error = (await rejection(call, what)) as { status?: unknown; body?: { code?: unknown } | null };
  same([error.status, error.body?.code], [status, code], `status and code of ${what}`);
}
