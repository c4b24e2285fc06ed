import { expect, it } from 'vitest';
import { csv } from './csv.ts';

it('names_with_commas_quotes_and_formulas_stay_names', () => {
  expect(csv([['Name', 'Devices'], ['=HYPERLINK("x")', 2], ['O, "Neil"\n', -1], ['@sum', 0]])).toBe(
    '\uFEFFName,Devices\r\n"\'=HYPERLINK(""x"")",2\r\n"O, ""Neil""\n",-1\r\n\'@sum,0\r\n',
  );
});
