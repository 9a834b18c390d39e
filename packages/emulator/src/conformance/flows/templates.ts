import type { Client, ContentTemplate } from '@twilio/conversations';
import { present, same } from './checks.js';
import { messageEvent } from './events.js';
import { type Flow, promised } from './stage.js';

const typesOf = (templates: readonly ContentTemplate[]): string[] =>
  templates.flatMap(({ variants }) => [...variants.values()].map(({ type }) => type));

const named = async (client: Client, name: string): Promise<ContentTemplate> =>
  present(
    (await client.getContentTemplates()).find(({ friendlyName }) => friendlyName === name),
    `template ${name}`,
  );

export const templateFlows = {
  'lists content templates, one of each type': promised(async (stage) => {
    const templates = await (await stage.connect('alice')).getContentTemplates();
    same(typesOf(templates), ['text', 'media', 'quickReply', 'callToAction', 'listPicker', 'card']);
  }),

  'sends a content template filled in, and the others read its data': promised(async (stage) => {
    const {
      clients: [alice],
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const { sid, variables } = await named(alice!, 'order_status');
    const filled = present(variables[0], 'variable').copyWithValue('7');
    const arrived = messageEvent(theirs!, 'messageAdded');
    same(await mine!.prepareMessage().setContentTemplate(sid, [filled]).build().send(), 0);
    const message = await arrived;
    same([message.contentSid, message.body], [sid, 'Order 7 is on its way.']);
    const data = present(await message.getContentData(), 'content data');
    if (data.type !== 'callToAction') throw new Error(`It is a ${data.type}`);
    same(data.body, 'Order 7 is on its way.');
    same(
      data.actions.map((action) => ('url' in action ? action.url : action.type)),
      ['https://example.com/orders/7', 'phone'],
    );
  }),

  'reads the data of every type of template': promised(async (stage) => {
    const {
      clients: [alice],
      views: [mine],
    } = await stage.share('alice');
    await mine!.sendMessage('of its own words');
    const templates = await alice!.getContentTemplates();
    for (const { sid } of templates) {
      const { status } = await stage.rest('POST', `/Conversations/${mine!.sid}/Messages`, {
        ContentSid: sid,
      });
      same(status, 201, 'status of a templated message');
    }
    const fresh = await (await stage.connect('alice')).getConversationBySid(mine!.sid);
    const [plain, ...rich] = (await fresh.getMessages()).items;
    same(await plain!.getContentData(), null);
    const found = await Promise.all(rich.map((message) => message.getContentData()));
    same(
      found.map((data) => data?.type),
      typesOf(templates),
    );
  }),
} satisfies Record<string, Flow>;
