import type { OpenTabs, SessionStorage, Tabs } from './ports.js';
import { readTabMessage, type TabNews, tabMessage } from './tab-message.js';

/** The other tabs of this visitor, from the time there is a visitor. */
export interface OtherTabs {
  open(): void;
  tell(news: TabNews): void;
  close(): void;
}

export function createOtherTabs(options: {
  openTabs?: OpenTabs;
  /** Tells installations apart. */
  name: string;
  storage: SessionStorage;
  /** Whose tabs; a tab of somebody else is not heard. */
  identity(): string | null;
  onNews(news: TabNews): void;
}): OtherTabs {
  const { openTabs, name, storage, identity } = options;
  let tabs: Tabs | null = null;

  const hear = (message: unknown): void => {
    const own = identity();
    const news = own === null || tabs === null ? null : readTabMessage(message, own);
    if (news) options.onNews(news);
  };

  return {
    open() {
      // Where nothing lasts, each tab is a visitor of its own.
      if (!tabs && storage.lasting) tabs = openTabs?.(name, hear) ?? null;
    },
    tell(news) {
      const own = identity();
      const message = own === null ? null : tabMessage(own, news);
      if (message) tabs?.tell(message);
    },
    close() {
      tabs?.close();
      tabs = null;
    },
  };
}
