import { render } from "preact";
import stored from "../generated/stored.json";
import { App } from "./app.tsx";
import type { Measured } from "./measured.ts";
import "./style.css";

render(<App stored={stored as unknown as Measured} />, document.getElementById("app")!);
