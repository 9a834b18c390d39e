/** Tells the service how far this visitor has read, and remembers to do so when there is a link again. */
export interface ReadHorizon {
  reach(index: number): void;
  tell(): void;
  clear(): void;
}

/** @param tellService `null` while nobody can be told */
export function createReadHorizon(tellService: (index: number) => Promise<void> | null): ReadHorizon {
  let reached = -1;
  let told = -1;

  const tell = (): void => {
    if (reached <= told) return;
    const telling = tellService(reached);
    if (!telling) return;
    const before = told;
    told = reached;
    telling.catch(() => {
      told = before;
    });
  };

  return {
    reach(index) {
      reached = Math.max(reached, index);
      tell();
    },
    tell,
    clear() {
      reached = -1;
      told = -1;
    },
  };
}
