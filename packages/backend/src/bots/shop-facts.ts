/** One made-up order of the example shop. */
export interface ShopOrder {
  number: string;
  items: string;
  status: 'roasting' | 'on its way' | 'delivered' | 'cancelled';
  detail: string;
}

/** Orders that a visitor of the demo can ask for. */
export const SHOP_ORDERS: readonly ShopOrder[] = [
  {
    number: '1042',
    items: '2 × Harbour Espresso, 1 × Morning Oolong',
    status: 'on its way',
    detail: 'It left the roastery yesterday and should reach you tomorrow.',
  },
  {
    number: '1043',
    items: '1 × Lighthouse Filter, 500 g',
    status: 'roasting',
    detail: 'We roast it on Thursday and hand it to the post the same day.',
  },
  {
    number: '1038',
    items: '3 × Jasmine Pearls, 1 × glass teapot',
    status: 'delivered',
    detail: 'It was left with your neighbour on Monday.',
  },
  {
    number: '1029',
    items: '1 × burr grinder',
    status: 'cancelled',
    detail: 'You cancelled it, and the money went back to your card.',
  },
];

/** Opening hours in the shop's own time, by weekday from Sunday: whole hours, or `null` when closed. */
export const SHOP_HOURS: readonly (readonly [opens: number, closes: number] | null)[] = [
  null,
  [8, 18],
  [8, 18],
  [8, 18],
  [8, 18],
  [8, 18],
  [9, 16],
];

export const SHOP_TIME_ZONE = 'America/Los_Angeles';
