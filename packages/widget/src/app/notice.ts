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
      action: null,
    };
  }
  if (status === 'failed') {
    const text = reason === 'rate_limited' ? strings.rateLimited : strings.unreachable;
    return { tone: 'error', text, action: again };
  }
  if (status === 'offline' && lasting) return { tone: 'warning', text: strings.offline, action: null };
  if (status === 'reconnecting' && lasting)
    return { tone: 'warning', text: strings.reconnecting, action: again };
  const code = notices[0];
  if (!code) return null;
  return {
    tone: 'neutral',
    text: code === 'previous_chat_gone' ? strings.previousChatGone : strings.storageBlocked,
    action: { label: strings.dismiss, run: () => session.dismissNotice(code) },
  };
}

function blockedText(reason: ChatSnapshot['reason'], strings: Strings): string {
  switch (reason) {
    case 'insecure_context':
      return strings.insecure;
    case 'banned':
      return strings.banned;
    case 'human_check_required':
      return strings.humanCheckRequired;
    default:
      return strings.blocked;
  }
}
