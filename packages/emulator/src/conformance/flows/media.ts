import type { Conversation, Media, Message } from '@twilio/conversations';
import { holds, present, rejection, same } from './checks.js';
import { messageEvent, messageUpdated, shareConversation } from './events.js';
import { promised, type Stage } from './stage.js';

/** Bytes that are no text, as each runtime hands them to the SDK. */
const bytes = [0, 255, 13, 10, 200, 128, 0, 1];
const binary = (): Buffer | Blob =>
  typeof Buffer === 'undefined' ? new Blob([new Uint8Array(bytes)]) : Buffer.from(bytes);

const text = (media: string, filename: string) => ({ contentType: 'text/plain', media, filename });

async function sentFile(stage: Stage, ...identities: string[]) {
  const { clients, views } = await stage.share(...identities);
  const mine = present(views[0], 'conversation');
  const arrived = views.map((view) => messageEvent(view, 'messageAdded'));
  await mine.sendMessage(text('the content', 'a.txt'));
  return { clients, views, messages: await Promise.all(arrived) };
}

const onlyMedia = (message: Message | undefined): Media =>
  present(message?.getMediaByCategories(['media'])?.[0], 'media of the message');

async function contentOf(media: Media): Promise<{ url: string; body: number[] }> {
  const url = present(await media.getContentTemporaryUrl(), 'temporary URL');
  // No header of ours: the URL alone is the permission.
  const response = await fetch(url);
  same(response.status, 200, 'status of the content');
  return { url, body: [...new Uint8Array(await response.arrayBuffer())] };
}

const readText = async (media: Media): Promise<string> =>
  new TextDecoder().decode(new Uint8Array((await contentOf(media)).body));

/** Media calls are rejected with the HTTP status as their `code`. */
async function refusedMedia(
  call: Promise<unknown>,
  status: number,
  code: number,
  what: string,
): Promise<void> {
  const error = (await rejection(call, what)) as { code?: unknown; body?: { code?: unknown } };
  same([error.code, error.body?.code], [status, code], `status and code of ${what}`);
}

export const mediaFlows = {
  'sends a file, which the others fetch by a temporary URL without a token': promised(async (stage) => {
    const { views } = await stage.share('alice', 'bob');
    const [mine, theirs] = views;
    const arrived = messageEvent(theirs!, 'messageAdded');
    const filename = 'Ümlaut & «quotes».bin';
    await mine!.sendMessage({ contentType: 'application/x-test', media: binary(), filename }, { k: 1 });
    const message = await arrived;
    const media = onlyMedia(message);
    same([message.type, message.body, message.attributes], ['media', null, { k: 1 }]);
    same([media.filename, media.contentType, media.size], [filename, 'application/x-test', bytes.length]);
    same(media.category, 'media');
    same(message.media?.sid, media.sid);
    same((await contentOf(media)).body, bytes);
  }),

  'sends several files with a body, each under its category': promised(async (stage) => {
    const { views } = await stage.share('alice', 'bob');
    const [mine, theirs] = views;
    const arrived = messageEvent(theirs!, 'messageAdded');
    await mine!
      .prepareMessage()
      .setBody('see these')
      .addMedia(text('one', '1.txt'))
      .addMedia(text('two', '2.txt'))
      .setEmailBody('text/plain', text('as an e-mail', 'mail.txt'))
      .build()
      .send();
    const message = await arrived;
    same([message.body, message.type], ['see these', 'media']);
    const attached = present(message.attachedMedia, 'attached media');
    same(await Promise.all(attached.map(readText)), ['one', 'two']);
    same(
      attached.map((media) => media.filename),
      ['1.txt', '2.txt'],
    );
    same(await readText(present(message.getEmailBody(), 'e-mail body')), 'as an e-mail');
    // Another session finds the same in the history.
    const tab = await stage.connect('bob');
    const { items } = await (await tab.getConversationBySid(mine!.sid)).getMessages();
    same(
      items[0]?.getMediaByCategories(['media', 'body'])?.map(({ sid }) => sid),
      message.getMediaByCategories(['media', 'body'])?.map(({ sid }) => sid),
    );
  }),

  'keeps attachments when their message is edited': promised(async (stage) => {
    const { messages, views } = await sentFile(stage, 'alice', 'bob');
    const { sid } = onlyMedia(messages[1]);
    const edited = messageUpdated(views[1]!, 'body');
    await present(messages[0], 'message').updateBody('now with words');
    const { message, updateReasons } = await edited;
    holds(!updateReasons.includes('media'), 'the edit is not taken for one of the media');
    same([message.body, onlyMedia(message).sid], ['now with words', sid]);
  }),

  'gives the URLs of several files at once': promised(async (stage) => {
    const { clients, views, messages } = await sentFile(stage, 'alice', 'bob');
    const arrived = messageEvent(views[1]!, 'messageAdded');
    await views[0]!.sendMessage(text('more', 'b.txt'));
    const found = [onlyMedia(messages[1]), onlyMedia(await arrived)];
    const [bob, message] = [clients[1]!, messages[1]!];
    const sids = found.map(({ sid }) => sid);
    for (const urls of [
      await bob.getTemporaryContentUrlsForMedia(found),
      await bob.getTemporaryContentUrlsForMediaSids(sids),
      await message.getTemporaryContentUrlsForMedia(found),
    ]) {
      same([...urls.keys()], sids);
      const contents = [...urls.values()].map(async (url) => (await fetch(url)).text());
      same(await Promise.all(contents), ['the content', 'more']);
    }
    const renewed = await message.attachTemporaryUrlsFor(found);
    same(await Promise.all(renewed.map(readText)), ['the content', 'more']);
  }),

  'gives files to nobody outside their conversation': promised(async (stage) => {
    const { views, messages } = await sentFile(stage, 'alice', 'bob');
    const { sid } = onlyMedia(messages[1]);
    const stranger = await stage.connect('stranger');
    const elsewhere = (await shareConversation(stranger))[0] as Conversation;
    const refusal = await rejection(stranger.getTemporaryContentUrlsForMediaSids([sid]), 'a stranger');
    holds(String(refusal).includes(sid), 'the refusal names the media');
    const stolen = stage.rest('POST', `/Conversations/${elsewhere.sid}/Messages`, { MediaSid: sid });
    same((await stolen).status, 400, 'status of sending it elsewhere');

    const kept = onlyMedia(messages[1]);
    await views[0]!.removeParticipant('bob');
    await refusedMedia(kept.getContentTemporaryUrl(), 403, 50430, 'a former participant');
  }),

  'forgets a file with its message': promised(async (stage) => {
    const { messages } = await sentFile(stage, 'alice', 'bob');
    const media = onlyMedia(messages[1]);
    const { url } = await contentOf(media);
    await present(messages[0], 'message').remove();
    same((await fetch(url)).status, 404, 'status of the removed content');
    await refusedMedia(media.getContentTemporaryUrl(), 404, 20404, 'removed media');
  }),

  'forgets files with their conversation': promised(async (stage) => {
    const { views, messages } = await sentFile(stage, 'alice', 'bob');
    const { url } = await contentOf(onlyMedia(messages[1]));
    await views[0]!.delete();
    same((await fetch(url)).status, 404, 'status of the removed content');
  }),

  'sends a form from a browser, and says in Node that it takes none': promised(async (stage) => {
    const { views } = await stage.share('alice', 'bob');
    const [mine, theirs] = views;
    const form = new FormData();
    if (!('XMLHttpRequest' in globalThis)) {
      form.append('note', 'text');
      const refusal = await rejection(mine!.sendMessage(form), 'a form in Node');
      holds(refusal instanceof TypeError, 'the refusal is a TypeError');
      return;
    }
    form.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'bild ü.png');
    const arrived = messageEvent(theirs!, 'messageAdded');
    await mine!.sendMessage(form);
    const media = onlyMedia(await arrived);
    same([media.filename, media.contentType, media.size], ['bild ü.png', 'image/png', bytes.length]);
    same((await contentOf(media)).body, bytes);
    const built = messageEvent(theirs!, 'messageAdded');
    await mine!.prepareMessage().setBody('both').addMedia(form).build().send();
    same((await contentOf(onlyMedia(await built))).body, bytes);
  }),
};
