import type { ChatSession, ChatSnapshot } from '@conversations-web-chat/session';
import type { Strings } from './i18n/en.js';
import type { ViewNotice } from './ui/view.js';

/**
 * The one thing to tell the visitor now, the most pressing first. `lasting`: the present status is no mere blip.
 */
export function currentNotice(
  snapshot: ChatSnapshot,
  lasting: boolean,
  session: Pick<ChatSession, 'retryNow' | 'dismissNotice'>,
  strings: Strings,
): ViewNotice | null {
  const { status, reason, notices } = snapshot;
  const again = { label: strings.tryAgain, run: () => session.retryNow() };
  if (status === 'blocked') {
    return {
      tone: 'error',
      text: blockedText(reason, strings),
      action: snapshot.can.includes('retry_now') ? again : null,
    };
  }
  if (status === 'failed') {
    return { tone: 'error', text: failedText(reason, strings), action: again };
  }
  if (status === 'offline' && lasting) return { tone: 'warning', text: strings.offline, action: null };
  if (status === 'reconnecting' && lasting)
    return { tone: 'warning', text: strings.reconnecting, action: again };
  const code = notices[0];
  if (!code) return null;
  return {
    tone: 'neutral',
    text: noticeText(code, strings),
    action: { label: strings.dismiss, run: () => session.dismissNotice(code) },
  };
}

function noticeText(code: ChatSnapshot['notices'][number], strings: Strings): string {
  switch (code) {
    case 'previous_chat_gone':
      return strings.previousChatGone;
    case 'identity_expired':
      return strings.identityExpired;
    case 'storage_blocked':
      return strings.storageBlocked;
  }
}

function failedText(reason: ChatSnapshot['reason'], strings: Strings): string {
  switch (reason) {
    case 'rate_limited':
      return strings.rateLimited;
    case 'too_many_conversations':
      return strings.tooManyChats;
    case 'creation_refused':
      return strings.creationRefused;
    default:
      return strings.unreachable;
  }
}

function blockedText(reason: ChatSnapshot['reason'], strings: Strings): string {
  switch (reason) {
    case 'insecure_context':
      return strings.insecure;
    case 'banned':
      return strings.banned;
    case 'human_check_required':
      return strings.humanCheckRequired;
    case 'user_token_rejected':
      return strings.userTokenRejected;
    default:
      return strings.blocked;
  }
}
