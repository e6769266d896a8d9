import { suite } from "uvu";
import * as assert from "uvu/assert";
import { valueOf } from "../src/dim.ts";
import { firstRow, rowCount, rowOf, rowsOfToken } from "../src/rows.ts";

const test = suite("rows");

test("every reachable (token, part) has a row of its own, in order, without gaps", () => {
  for (const T of [1, 2, 5])
    for (const extras of [0, 1, 2]) {
      const rows: number[] = [];
      for (let token = 0; token < T; token++) {
        assert.is(firstRow(token, extras), rows.length);
        for (let part = 0; part < T + extras; part++) {
          const row = rowOf(token, part, T, extras);
          if (row >= 0) rows.push(row);
          assert.is(row < 0, part < T && part > token, "only a part after the token is left out");
        }
        assert.is(rows.length - firstRow(token, extras), rowsOfToken(token, extras));
      }
      assert.equal(rows, [...rows.keys()]);
      assert.is(valueOf(rowCount("T", extras), { T }), rows.length);
    }
});

test.run();
