import { type ChatSnapshot, emptySnapshot } from '@conversations-web-chat/session';
import { describe, expect, it } from 'vitest';
import { en } from './i18n/en.js';
import { currentNotice } from './notice.js';

function notice(change: Partial<ChatSnapshot>, lasting = true) {
  const asked: string[] = [];
  const session = {
    retryNow: () => asked.push('retryNow'),
    dismissNotice: (code: string) => asked.push(code),
  };
  const result = currentNotice({ ...emptySnapshot, ...change }, lasting, session as never, en);
  return { result, asked };
}

describe('the notice', () => {
  it('is silent while all is well and about blips', () => {
    expect(notice({ status: 'online' }).result).toBeNull();
    expect(notice({ status: 'reconnecting' }, false).result).toBeNull();
    expect(notice({ status: 'offline' }, false).result).toBeNull();
  });

  it('offers to try again when the chat cannot be reached', () => {
    const { result, asked } = notice({ status: 'failed', reason: 'token_service_unreachable' });
    expect(result?.text).toBe(en.unreachable);
    result?.action?.run();
    expect(asked).toEqual(['retryNow']);
  });

  it('offers nothing where trying again does not help', () => {
    expect(notice({ status: 'blocked', reason: 'origin_not_allowed' }).result).toMatchObject({
      action: null,
    });
    expect(notice({ status: 'blocked', reason: 'insecure_context' }).result?.text).toBe(en.insecure);
    expect(notice({ status: 'blocked', reason: 'banned' }).result?.text).toBe(en.banned);
    expect(notice({ status: 'blocked', reason: 'human_check_required' }).result?.text).toBe(
      en.humanCheckRequired,
    );
  });

  it('says what helps where the reason is known, and lets a check be tried again', () => {
    expect(notice({ status: 'failed', reason: 'too_many_conversations' }).result?.text).toBe(en.tooManyChats);
    expect(notice({ status: 'failed', reason: 'creation_refused' }).result?.text).toBe(en.creationRefused);
    expect(notice({ status: 'blocked', reason: 'user_token_rejected' }).result?.text).toBe(
      en.userTokenRejected,
    );
    const check = { status: 'blocked', reason: 'human_check_required', can: ['retry_now'] } as const;
    expect(notice(check).result?.action?.label).toBe(en.tryAgain);
    expect(notice({ status: 'online', notices: ['identity_expired'] }).result?.text).toBe(en.identityExpired);
    expect(notice({ status: 'online', notices: ['storage_blocked'] }).result?.text).toBe(en.storageBlocked);
  });

  it('says one thing at a time, the connection before the rest, and the rest until dismissed', () => {
    const notices = ['previous_chat_gone', 'storage_blocked'] as const;
    expect(notice({ status: 'offline', notices }).result?.text).toBe(en.offline);
    const { result, asked } = notice({ status: 'online', notices });
    expect(result?.text).toBe(en.previousChatGone);
    result?.action?.run();
    expect(asked).toEqual(['previous_chat_gone']);
  });
});
