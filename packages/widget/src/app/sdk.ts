import { createTwilioConnection } from '@conversations-web-chat/session/twilio';
import type { FrameWindow } from '../config.js';

// A script of its own, so that the window is drawn before the SDK is even evaluated.
(window as FrameWindow).conversationsWebChatConnect = createTwilioConnection;
