/** @file A queue's status as words and tables, for a terminal and a page. */
import { plural } from "../../../base/plural.ts";
import type { StudyTable, StudyView } from "../../../draw/studyView.ts";
import type { QueueStatus } from "./queueStatus.ts";

export function statusView(status: QueueStatus): StudyView {
  const { queue, server, workers, jobs, running, failures } = status;
  return {
    title: `Sweep queue ${queue}`,
    lines: [`${server} · ${plural(workers, "worker")} listening`],
    sentences: [paceWords(status), ...(jobs.waiting > 0 && workers === 0 ? [NOBODY] : [])],
    map: null,
    tables: [
      {
        caption: "Jobs",
        columns: ["waiting", "running", "retrying", "finished", "set aside", "all"],
        rows: [
          [jobs.waiting, jobs.running, jobs.retrying, jobs.finished, jobs.setAside, jobs.total],
        ],
      },
      ...jobTable("Running now", running),
      ...failureTable(failures),
    ],
    warnings: [],
  };
}

const NOBODY = "Nobody works on the queue: induction-lens sweep work --folder FOLDER does.";

function paceWords({ jobs, perMinute, minutesLeft }: QueueStatus): string {
  const { total, finished, setAside } = jobs;
  if (total === 0) return "The queue is empty.";
  const done = `${finished + setAside} of ${plural(total, "job")} are over`;
  if (minutesLeft === 0) return `${done}; nothing is left to do.`;
  if (perMinute === null || minutesLeft === null)
    return `${done}; how long the rest takes is not known yet.`;
  return `${done}, ${perMinute.toFixed(1)} a minute of late; ${durationWords(minutesLeft)} left at that rate.`;
}

function durationWords(minutes: number): string {
  if (minutes < 1) return "less than a minute";
  if (minutes < 90) return plural(Math.round(minutes), "minute");
  if (minutes < 48 * 60) return plural(Math.round(minutes / 60), "hour");
  return plural(Math.round(minutes / 60 / 24), "day");
}

function jobTable(caption: string, rows: QueueStatus["running"]): StudyTable[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ model, study, seed }) => [model, study, seed]);
  return [{ caption, columns: ["model", "study", "seed"], rows: cells }];
}

function failureTable(failures: QueueStatus["failures"]): StudyTable[] {
  if (failures.length === 0) return [];
  return [
    {
      caption: "Set aside",
      columns: ["model", "study", "seed", "attempts", "why"],
      rows: failures.map(({ model, study, seed, attempts, error }) => [
        ...[model, study, seed, attempts, error],
      ]),
    },
  ];
}
