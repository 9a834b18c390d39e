/**
 * Work that ends when all of it is ended. A race against one promise that lives as long as a connection would keep
 * every answer of that connection in memory.
 */
export interface OpenWork {
  /** Settles as `work` does, or rejects when everything is ended before. */
  add<T>(work: Promise<T>): Promise<T>;
  end(because: Error): void;
}

export function createOpenWork(): OpenWork {
  const open = new Set<(because: Error) => void>();
  return {
    add: (work) =>
      new Promise((resolve, reject) => {
        open.add(reject);
        work.then(resolve, reject).finally(() => open.delete(reject));
      }),
    end(because) {
      for (const reject of open) reject(because);
      open.clear();
    },
  };
}
