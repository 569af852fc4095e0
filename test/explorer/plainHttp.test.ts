import { expect, test } from "vitest";
import { describePage, live, value } from "./openPage.ts";

describePage(
  "the explorer over plain http from another machine, where browsers give pages less",
  (open) => {
    test("opens a model, cuts a head and says where its link is", async () => {
      const { tab, errors } = await open();
      await tab.goto(tab.url().replace("127.0.0.1", "lens.test"));
      expect(await tab.evaluate("isSecureContext")).toBe(false);
      await live(tab);
      await tab.getByRole("button", { name: "Switch it off" }).click();
      expect(await value(tab, '[data-loss="secondCopy.after"]')).toBeGreaterThan(0);
      await tab.getByRole("button", { name: "Copy link" }).click();
      await tab.getByText("The link could not be copied").waitFor();
      expect(errors).toEqual([]);
      await tab.close();
    });
  },
  ["--host-resolver-rules=MAP lens.test 127.0.0.1"],
);
