import type { ContentTemplate } from './content-template.js';

/** The templates there are unless others are given: one of each type that the SDK knows how to show. */
export const seedTemplates: readonly ContentTemplate[] = [
  {
    sid: 'HX00000000000000000000000000000001',
    friendly_name: 'greeting',
    variables: { '1': 'there' },
    types: { 'twilio/text': { body: 'Hello {{1}}, how can we help?' } },
  },
  {
    sid: 'HX00000000000000000000000000000002',
    friendly_name: 'brochure',
    variables: { '1': 'our brochure' },
    types: {
      'twilio/media': { body: 'Here is {{1}}.', media: ['https://example.com/brochure.pdf'] },
    },
  },
  {
    sid: 'HX00000000000000000000000000000003',
    friendly_name: 'satisfaction',
    variables: { name: 'there' },
    types: {
      'twilio/quick-reply': {
        body: 'Hi {{name}}, did that help?',
        actions: [
          { title: 'Yes', id: 'yes' },
          { title: 'Not quite', id: 'no' },
        ],
      },
    },
  },
  {
    sid: 'HX00000000000000000000000000000004',
    friendly_name: 'order_status',
    variables: { order: '1001' },
    types: {
      'twilio/call-to-action': {
        body: 'Order {{order}} is on its way.',
        actions: [
          { type: 'URL', title: 'Track it', url: 'https://example.com/orders/{{order}}' },
          { type: 'PHONE_NUMBER', title: 'Call us', phone: '+15005550001' },
        ],
      },
    },
  },
  {
    sid: 'HX00000000000000000000000000000005',
    friendly_name: 'departments',
    variables: { name: 'there' },
    types: {
      'twilio/list-picker': {
        body: 'Hi {{name}}, whom would you like to talk to?',
        button: 'Choose',
        items: [
          { id: 'sales', item: 'Sales', description: 'Before you buy' },
          { id: 'support', item: 'Support', description: 'When something is wrong' },
        ],
      },
    },
  },
  {
    sid: 'HX00000000000000000000000000000006',
    friendly_name: 'offer',
    variables: { product: 'Kettle' },
    types: {
      'twilio/card': {
        title: '{{product}}',
        subtitle: 'In stock',
        media: ['https://example.com/kettle.jpg'],
        actions: [{ type: 'QUICK_REPLY', title: 'I want one', id: 'buy' }],
      },
    },
  },
];
