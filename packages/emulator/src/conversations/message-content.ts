import { type RenderedContent, renderContent } from '../content/content-template.js';
import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { MediaRow, MessageRow } from '../store/rows.js';
import type { Domain } from './domain.js';

interface ContentInput {
  by: Actor;
  body?: string | null;
  contentSid?: string;
  contentVariables?: string;
}

/** The template that a message names, filled in; undefined for a message of its own words. */
export function contentOf(domain: Domain, input: ContentInput): RenderedContent | undefined {
  const bad = (sentence: string) => new Refusal('invalid_parameter', sentence);
  const { contentSid, contentVariables, body } = input;
  const [sidName, variablesName] =
    input.by.source === 'SDK' ? ['content_sid', 'content_variables'] : ['ContentSid', 'ContentVariables'];
  if (!contentSid) {
    if (contentVariables) throw bad(`${variablesName} need a ${sidName}`);
    return undefined;
  }
  const template = domain.templates.find(({ sid }) => sid === contentSid);
  if (!template) throw bad(`${sidName}: there is no content template ${contentSid.slice(0, 50)}`);
  if (body) throw bad(`a message has a body or a ${sidName}, not both`);
  return renderContent(template, contentVariables, variablesName);
}

/** What was rendered, as the attachment in which the SDK looks for it. It lies in its row, so that it comes with the message. */
export function renderedMedia(domain: Domain, message: MessageRow, content: RenderedContent): MediaRow {
  return {
    sid: domain.ids.sid('ME'),
    chatServiceSid: domain.serviceSid,
    author: message.author,
    conversationSid: message.conversationSid,
    messageSid: message.sid,
    category: 'body',
    filename: null,
    contentType: content.contentType,
    size: Buffer.byteLength(content.file),
    rendered: content.file,
    dateCreated: message.dateCreated,
    dateUpdated: message.dateCreated,
  };
}
