import { type AnswerMessage, type Bot, type BotReply, defineBot } from './bot.js';
import { SHOP_HOURS, SHOP_ORDERS, SHOP_TIME_ZONE } from './shop-facts.js';

const WELCOME =
  'Hi, welcome to Northwind Coffee! I am the shop’s bot. Ask me about an order, our opening hours, shipping or ' +
  'returns, or say “talk to a human”.';

const ABILITIES =
  'I can help with:\n' +
  '• an order – send me its number, for example 1042\n' +
  '• our opening hours\n' +
  '• shipping and returns\n' +
  '• reaching a person – say “talk to a human”';

/** What a message is about: the first topic that matches wins, so the particular stand before the general. */
const TOPICS: readonly [topic: RegExp, answer: (now: Date) => BotReply[]][] = [
  [/\b(human|person|agent|someone|somebody|representative|real people|staff|complain\w*)\b/i, handover],
  [/\b(returns?|refunds?|exchange|send (it )?back|money back)\b/i, () => [RETURNS]],
  [/\b(ship|ships|shipping|deliver|delivers|delivery|postage)\b/i, () => [SHIPPING]],
  [/\b(orders?|parcel|package|track(ing)?)\b/i, () => [ASK_FOR_NUMBER]],
  [/\b(open|opens|opening|hours?|close[ds]?|closing|when are you)\b/i, (now) => [openingHours(now)]],
  [/\b(decaf|espresso|coffee|beans?|tea|teas|oolong|grinder|recommend\w*)\b/i, () => [RANGE]],
  [/\b(thanks?|thank you|thx|cheers|great|perfect)\b/i, () => ['You’re welcome! Enjoy your cup. ☕']],
  [/\b(bye|goodbye|see you)\b/i, () => ['Goodbye, and thanks for stopping by!']],
  [/\b(help|menu|options|what can you do)\b/i, () => [ABILITIES]],
  [
    /^\W*(hi|hello|hey|hiya|good (morning|afternoon|evening)|moin|hola)\b/i,
    () => ['Hello! What can I do for you?', ABILITIES],
  ],
];

const SHIPPING =
  'We ship within two working days. Standard delivery takes 3–5 days and is free from $40; express arrives the next ' +
  'working day for $9.';
const RETURNS =
  'Unopened bags and all equipment can come back within 30 days, and the label is on us. If a coffee simply isn’t to ' +
  'your taste, tell us and we send another one.';
const RANGE =
  'For espresso try Harbour (dark, cocoa); for filter, Lighthouse (bright, stone fruit). Tea drinkers like our Morning ' +
  'Oolong. Harbour comes as decaf, too.';
const ASK_FOR_NUMBER =
  'Happy to look. What is your order number? It has four digits and stands in your e-mail, like 1042.';

/** The example shop's answers. The same message at the same moment always gets the same ones. */
const answerShopper: AnswerMessage = (message, context) => {
  const text = message.body.trim();
  if (text === '') return ['Thank you! I can’t look at files, but I can read. What is it about?'];
  const number = orderNumber(text);
  if (number !== null) return [orderStatus(number)];
  const topic = TOPICS.find(([pattern]) => pattern.test(text));
  return topic ? topic[1](context.now) : [`I am not sure I understood that. ${ABILITIES}`];
};

/** The bot of the demo shop page, Northwind Coffee: orders, hours, shipping and returns, and asking for a person. */
export const shopBot: Bot = defineBot({
  identity: 'shop-bot',
  onConversationAdded: () => WELCOME,
  onMessageAdded: answerShopper,
});

/** Four digits are an order only where they are called one, or where nothing else was said. */
function orderNumber(text: string): string | null {
  const said = /(?:#|\bNW-?|\b(?:order|number|parcel|package)\b\D{0,20})\s*(\d{4})\b/i.exec(text);
  return said?.[1] ?? /^\D{0,3}(\d{4})\W*$/.exec(text)?.[1] ?? null;
}

function orderStatus(number: string): string {
  const order = SHOP_ORDERS.find((candidate) => candidate.number === number);
  if (!order)
    return `I can’t find an order ${number}. Please look at the number again, or say “talk to a human”.`;
  const status = order.status === 'roasting' ? 'being roasted' : order.status;
  return `Order ${order.number} (${order.items}) ${order.status === 'cancelled' ? 'was' : 'is'} ${status}. ${order.detail}`;
}

function openingHours(now: Date): string {
  const hours = 'We are open Monday to Friday 8:00–18:00 and Saturday 9:00–16:00, Pacific time.';
  return isOpen(now)
    ? `${hours} We are open right now.`
    : `${hours} Right now we are closed, but I never sleep.`;
}

function isOpen(now: Date): boolean {
  const shop = new Intl.DateTimeFormat('en-US', {
    timeZone: SHOP_TIME_ZONE,
    weekday: 'short',
    hour: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => shop.find((candidate) => candidate.type === type)?.value ?? '';
  const hours = SHOP_HOURS[['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(part('weekday'))];
  const hour = Number(part('hour'));
  return hours != null && hour >= hours[0] && hour < hours[1];
}

function handover(now: Date): BotReply[] {
  const wait = isOpen(now)
    ? 'In a real shop a colleague would join this chat now, usually within five minutes.'
    : 'In a real shop a colleague would join this chat when we open again.';
  return [
    { body: 'Of course, I’ll ask a colleague to take over.', attributes: { handover: 'requested' } },
    `${wait} This is a demo, so you are left with me – ask away.`,
  ];
}
