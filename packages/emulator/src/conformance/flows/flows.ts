import { channelFlows } from './channels.js';
import { connectingFlows } from './connecting.js';
import { conversationFlows } from './conversations.js';
import { historyFlows } from './history.js';
import { mediaFlows } from './media.js';
import { messageFlows } from './messages.js';
import { pushFlows } from './push.js';
import { readingFlows } from './reading.js';
import { reconnectingFlows } from './reconnecting.js';
import type { Flow } from './stage.js';
import { storageFlows } from './storage.js';
import { templateFlows } from './templates.js';
import { tokenFlows } from './tokens.js';
import { troubleFlows } from './trouble.js';

const all = {
  ...connectingFlows,
  ...conversationFlows,
  ...messageFlows,
  ...mediaFlows,
  ...historyFlows,
  ...readingFlows,
  ...tokenFlows,
  ...reconnectingFlows,
  ...troubleFlows,
  ...channelFlows,
  ...templateFlows,
  ...pushFlows,
  ...storageFlows,
};

export type FlowName = keyof typeof all;
export const flows: Readonly<Record<FlowName, Flow>> = all;
export const flowNames: readonly FlowName[] = Object.keys(all) as FlowName[];
