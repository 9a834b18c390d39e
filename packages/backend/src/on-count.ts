/**
 * Told of what happened, for metrics. A label has few values, which the service chooses itself: never an identity, an
 * address or anything else that a caller wrote.
 *
 * @example
 * const onCount: OnCount = (name, labels) => counters[name]?.inc(labels);
 */
export type OnCount = (name: string, labels: Readonly<Record<string, string>>) => void;
