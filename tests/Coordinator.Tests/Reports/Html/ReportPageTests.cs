using System.Xml.Linq;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Reports.Html;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Tests.Reports.Html;

public sealed class ReportPageTests
{
    private static readonly string s_page = ReportPage.Render(SampleRun.Run());
    private static readonly XElement s_document = ParsedPage.Of(s_page);

    [Fact]
    public void The_same_run_gives_the_same_bytes() => Assert.Equal(s_page, ReportPage.Render(SampleRun.Run()));

    [Fact]
    public void It_has_a_section_for_everything()
    {
        Assert.Equal(
            ["s1", "s1-results", "s1-curves", "s1-confusion", "s1-words", "s1-drift", "s1-unseen", "s1-probes", "s1-neighbors", "s1-rows", "s1-timeline", "s1-hashes", "job"],
            s_document.Descendants("section").Select(s => s.Attribute("id")!.Value));
        Assert.Equal(
            ["s1-curves-loss", "s1-curves-accuracy", "s1-curves-rates", "s1-curves-speed", "s1-words-map", "s1-drift-cosine1", "s1-drift-distance1", "s1-drift-growth1", "s1-probes-similarity", "s1-probes-analogies", "s1-rows-rows", "s1-rows-bytes"],
            s_document.Descendants("figure").Select(f => f.Attribute("id")!.Value));
    }

    [Fact]
    public void Every_picture_has_a_title_and_words_for_what_it_shows()
    {
        Assert.All(s_document.Descendants("svg"), svg =>
        {
            Assert.Equal("img", svg.Attribute("role")!.Value);
            string[] named = svg.Attribute("aria-labelledby")!.Value.Split(' ');
            Assert.Equal([svg.Element("title")!.Attribute("id")!.Value, svg.Element("desc")!.Attribute("id")!.Value], named);
            Assert.NotEmpty(svg.Element("title")!.Value);
        });
        Assert.Contains("train: 2 at step 1, 0.05 at step 40", Figure("s1-curves-loss").Descendants("desc").Single().Value, StringComparison.Ordinal);
        Assert.Contains("frozen in steps 1 to 20: embedding; frozen in steps 31 to 40: output; changed at step 31", Figure("s1-curves-loss").Descendants("desc").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Frozen_phases_are_shaded_where_they_are()
    {
        // Two bands: steps 1 to 20 and 31 to 40 of 40, so half and a quarter of the width, the first at the left end, the second at the right.
        XElement[] bands = [.. Figure("s1-curves-loss").Descendants("rect").Where(r => r.Attribute("style")?.Value.Contains("var(--band)", StringComparison.Ordinal) == true)];
        Assert.Equal(2, bands.Length);
        double first = Number(bands[0], "width"), second = Number(bands[1], "width"), all = Number(bands[1], "x") + second - Number(bands[0], "x");
        Assert.Equal(0.5, first / all, 0.01);
        Assert.Equal(0.25, second / all, 0.01);
        Assert.Equal(["train", "dev"], Figure("s1-curves-loss").Element("ul")!.Elements("li").Select(li => li.Value));
        Assert.Equal(["embedding", "output"], Figure("s1-curves-rates").Element("ul")!.Elements("li").Select(li => li.Value));
    }

    [Fact]
    public void Curves_go_through_what_was_logged()
    {
        // Accuracy of training rises by the same from step to step: a straight line from the first step to the last.
        string[] points = Figure("s1-curves-accuracy").Descendants("polyline").First(p => p.Attribute("points")!.Value.Split(' ').Length == 40).Attribute("points")!.Value.Split(' ');
        (double X, double Y)[] at = [.. points.Select(p => p.Split(',')).Select(p => (double.Parse(p[0]), double.Parse(p[1])))];
        Assert.All(Enumerable.Range(0, 40), i => Assert.Equal((at[0].X + (at[39].X - at[0].X) * i / 39, at[0].Y + (at[39].Y - at[0].Y) * i / 39), at[i], Near));
        Assert.True(at[39].Y < at[0].Y && at[39].X > at[0].X);
    }

    [Fact]
    public void Drift_is_drawn_as_the_share_of_each_class_in_each_bin()
    {
        Assert.Equal(["pretrained", "no vector"], Figure("s1-drift-cosine1").Element("ul")!.Elements("li").Select(li => li.Value));
        // Three bins, two points each. The words without a vector lie in the second, whole: as high as the picture goes.
        double[][] points = [.. Figure("s1-drift-cosine1").Descendants("polyline").Where(p => p.Attribute("points")!.Value.Split(' ').Length == 6).Last()
            .Attribute("points")!.Value.Split(' ').Select(p => p.Split(',').Select(x => double.Parse(x, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal([points[0][1], points[0][1]], new[] { points[1][1], points[4][1] });
        Assert.True(points[2][1] < points[0][1] - 100 && points[2][1] == points[3][1]);
    }

    [Fact]
    public void Probes_are_curves_from_the_start_on()
    {
        Assert.Contains(": -0.25 at step 0, 0 at step 40; frozen in steps 1 to 20", Figure("s1-probes-similarity").Descendants("desc").Single().Value, StringComparison.Ordinal);
        Assert.StartsWith("questions: 50 at step 0, 25 at step 30;", Figure("s1-probes-analogies").Descendants("desc").Single().Value, StringComparison.Ordinal);
        // Below zero and above: the first of four points is the lowest, at the left end.
        double[][] points = [.. Figure("s1-probes-similarity").Descendants("polyline").Single(p => p.Attribute("points")!.Value.Split(' ').Length == 4)
            .Attribute("points")!.Value.Split(' ').Select(p => p.Split(',').Select(x => double.Parse(x, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal([3, 0, 1, 2], (int[])[points.Length - 1, .. Enumerable.Range(0, 3).OrderBy(i => points[i][0])]);
        Assert.True(points[1][1] < points[2][1] && points[2][1] < points[3][1] && points[3][1] < points[0][1]);
    }

    [Fact]
    public void Results_confusions_words_and_times_stand_in_tables()
    {
        Assert.Equal(["test 75.00 % ± 21.65 0.5000 4 30", "dev 62.50 % ± 5.41 1.2500 80 30"], Rows("s1-results"));
        Assert.Equal(["1 good 2 1 3 100.0 66.7 80.0", $"2 {Shown} 0 1 1 50.0 100.0 66.7"], Rows("s1-confusion"));
        Assert.Contains("Accuracy 75.00 % (95 % interval over examples 30.00 to 95.00), macro F1 73.33 % (0.00 to 100.00), F1 weighted by examples 76.67 %.", Section("s1-confusion").Value, StringComparison.Ordinal);
        Assert.Equal([$"{Shown} 12 1.500 0.500", "calm 7 0.500 0.900"], Rows("s1-words"));
        Assert.Equal(
            [
                "2026-01-02 12:00:00 25 paused ana", "2026-01-02 12:01:00 30 checkpoint (best), 2 shards, 0.0 MB ", $"2026-01-02 12:02:00 31 output frozen {Shown}",
                "2026-01-02 12:03:00 30 attempt ended, the next goes on from this step: server s2 was lost ",
            ],
            Rows("s1-timeline"));
        Assert.Contains("2 attempts", Section("s1-timeline").Element("p")!.Value, StringComparison.Ordinal);
        Assert.Equal(
            ["all 99 57.6 % 0.9 0.25 1.125", "pretrained 89 64.0 % 0.8 0.25 1.125", "no vector 10 0.0 % - 0.25 1.125", "rank 1-100 99 57.6 % 0.9 0.25 1.125"], Rows("s1-drift"));
        Assert.Equal(
            [
                "dev untouched, pretrained 50 5.0 % 40 20.0 %", "dev untouched, without a vector 0 0.0 % 0 0.0 %", "dev of unknown words 0 0.0 % – –",
                "test untouched, pretrained 4 10.0 % 3 10.0 %", "test untouched, without a vector 2 5.0 % 1 3.3 %", "test of unknown words 1 2.5 % – –",
                "dev with such a token 20 75.0 % ± 9.7", "dev without 60 58.3 % ± 6.4", "test with such a token 4 75.0 % ± 21.7", "test without 0 -",
            ],
            Rows("s1-unseen"));
        Assert.Equal([$"{Shown} 2, ", "xyzzy 1."], Section("s1-unseen").Elements("p").Last().Elements().Select(e => e.Value));
        Assert.Equal("xyzzy 1.", Section("s1-unseen").Descendants("i").Single().Value);
        Assert.Equal([$"{Shown} -0.2500 0.1250 1,234 of 4,321", "questions 50.00 % 25.00 % 10 of 20"], Rows("s1-probes"));
        Assert.Equal([$"{Shown} calm good good {Shown} 1 of 2 0.5000", "calm a b 0 of 1 -", "good, bad 0.770 0.532 -0.238", $"calm, {Shown} - 0.100 -"], Rows("s1-neighbors").Select(row => string.Join(' ', row.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))));
        Assert.Equal(["good", "good"], Section("s1-neighbors").Descendants("b").Select(b => b.Value));
        Assert.Equal(["job", "data", "tableHash", "embedding", "output"], Section("s1-hashes").Descendants("th").Select(th => th.Value));
        Assert.Contains("shows 88 % of their variance. Words that lie where they started, bit for bit: 42.", Section("s1-words").Element("p")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void What_users_wrote_is_text()
    {
        Assert.DoesNotContain("<script", s_page, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(s_document.Descendants("script"));
        Assert.Contains(Shown, Section("job").Descendants("pre").Single().Value, StringComparison.Ordinal);
        // In a picture too, cut to a readable length, and not raised as OxyPlot's mark-up would.
        Assert.Contains(Figure("s1-words-map").Descendants("text"), t => t.Value == Shown[..23] + "…");
    }

    [Fact]
    public void Nothing_is_loaded_from_anywhere() => ParsedPage.AssertSelfContained(s_page);

    [Fact]
    public void Names_of_places_are_unique()
    {
        string[] ids = [.. s_document.DescendantsAndSelf().Attributes("id").Select(a => a.Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(s_document.Descendants("a"), a => Assert.Contains(a.Attribute("href")!.Value[1..], ids));
        Assert.All(s_document.Descendants().Attributes("clip-path"), clip => Assert.Contains(clip.Value["url(#".Length..^1], ids));
    }

    [Fact]
    public void What_a_stage_lacks_is_said()
    {
        ReportedStage words = SampleRun.Stage with { Name = "words", Labels = 0, Result = SampleRun.Result with { Dev = null, Test = null }, Analysis = new StageAnalysis(40, "", [], 0, 99), Metrics = [.. SampleRun.Stage.Metrics.Select(m => m with { Dev = null, Accuracy = null })] };
        ReportedStage noTest = SampleRun.Stage with { Name = "no-test", Result = SampleRun.Result with { Test = null }, Analysis = SampleRun.Stage.Analysis! with { Confusion = null } };
        ReportedStage begun = SampleRun.Stage with { Name = "begun", Result = null, Metrics = [], Changes = [], Made = [], Checkpoints = [], Analysis = null, NoAnalysis = "Too early." };
        string page = ReportPage.Render(SampleRun.Run(words, noTest, begun) with { Result = null, NotBegun = ["later"] });
        XElement document = ParsedPage.Of(page);
        string Text(string id) => document.Descendants("section").Single(s => s.Attribute("id")!.Value == id).Value;

        Assert.Contains("still under way, or ended without a result", document.Value, StringComparison.Ordinal);
        Assert.Contains("Not begun: later.", Text("comparison"), StringComparison.Ordinal);
        Assert.Contains("nothing is evaluated", Text("s1-results"), StringComparison.Ordinal);
        Assert.DoesNotContain(document.Descendants("section"), s => s.Attribute("id")!.Value == "s1-confusion");
        Assert.DoesNotContain(document.Descendants("figure"), f => f.Attribute("id")!.Value == "s1-curves-accuracy");
        Assert.Contains("No word moved.", Text("s1-words"), StringComparison.Ordinal);
        Assert.Contains("no test part", Text("s2-results"), StringComparison.Ordinal);
        Assert.Contains("no test part", Text("s2-confusion"), StringComparison.Ordinal);
        Assert.Contains("No step has been logged.", Text("s3-curves"), StringComparison.Ordinal);
        Assert.Contains("Too early.", Text("s3-confusion"), StringComparison.Ordinal);
        Assert.Equal(["s2-unseen"], document.Descendants("section").Select(s => s.Attribute("id")!.Value).Where(id => id.EndsWith("-unseen", StringComparison.Ordinal)));
        Assert.Contains("no checkpoint yet", Text("s3-timeline"), StringComparison.Ordinal);
        ParsedPage.AssertSelfContained(page);
    }

    [Fact]
    public void Steps_in_which_some_rows_were_frozen_say_so()
    {
        JobSpec job = SampleRun.Stage.Job with
        {
            Freeze = [],
            Phases = [new PhaseSpec { Rules = [new PhaseRuleSpec { Group = "embedding", Rows = new RowSelectorSpec { ToRank = 1 }, State = RuleState.Frozen }], Until = new PhaseEndSpec { Step = 12 } }, new PhaseSpec()],
        };
        ReportedStage stage = SampleRun.Stage with { Job = job, Freeze = FreezePlan.Resolve(job, 10, 40), Classes = new RowClasses([0, 1], [0, 0, 1, 0]), Made = [] };
        string text = ParsedPage.Of(ReportPage.Render(SampleRun.Run(stage))).Value;
        Assert.Contains("embedding (some rows)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_stopped_says_so_and_how_to_go_on()
    {
        RunResult stopped = SampleRun.Result with { Status = RunStatus.Interrupted, Steps = 23, Test = null };
        string text = ParsedPage.Of(ReportPage.Render(SampleRun.Run(SampleRun.Stage with { Result = stopped }) with { Result = stopped })).Value;
        Assert.Contains("interrupted after step 23", text, StringComparison.Ordinal);
        Assert.Contains("--resume", text, StringComparison.Ordinal);
        Assert.Contains("The test comes at the end.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Phases_of_a_job_are_named_with_the_step_that_began_them()
    {
        PhaseSpec[] phases =
        [
            new() { Name = "head", Rules = [new PhaseRuleSpec { Group = "embedding", State = RuleState.Frozen }], Until = new PhaseEndSpec { DevStalled = 2 } },
            new() { Name = "rest", Rules = [new PhaseRuleSpec { Group = "output", State = RuleState.Frozen }], Until = new PhaseEndSpec { AfterSteps = 5 } }, new() { Name = "all" },
        ];
        JobSpec job = SampleRun.Stage.Job with { Freeze = [], Phases = phases };
        FreezePlan freeze = FreezePlan.Resolve(job, 10, 40);
        var begins = new PlanChange(12, "", null, null, "dev stalled", DateTimeOffset.UnixEpoch) { BeginsPhase = 1 };
        foreach (string group in freeze.Groups)
            freeze.Of(group).Make(begins);
        ReportedStage stage = SampleRun.Stage with
        {
            Job = job,
            Freeze = freeze,
            Made = [begins],
            Changes = [new ChangeRecord(ChangeKind.Changed, 12, DateTimeOffset.UnixEpoch, "dev stalled") { BeginsPhase = 1 }],
        };

        XElement page = ParsedPage.Of(ReportPage.Render(SampleRun.Run(stage)));

        Assert.Contains("Shaded: steps 1–11 (embedding frozen); steps 12–16 (output frozen). Phases: head from step 1, rest from step 12, all from step 17. Dashed:", page.Value, StringComparison.Ordinal);
        Assert.Contains("phase rest begins", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_of_any_length_makes_a_page_of_bounded_size()
    {
        MetricsRecord line = SampleRun.Stage.Metrics[0];
        MetricsRecord[] many = [.. Enumerable.Range(1, 100_000).Select(i => line with { Step = i, Loss = i % 2 })];
        ReportedStage stage = SampleRun.Stage with { Metrics = many, Result = SampleRun.Result with { Steps = many.Length }, Freeze = FreezePlan.Resolve(SampleRun.Stage.Job, 10, many.Length), Made = [] };
        string page = ReportPage.Render(SampleRun.Run(stage));
        Assert.InRange(page.Length, 10_000, 400_000);
        Assert.Contains("The log has 100,000 lines", page, StringComparison.Ordinal);
        Assert.Contains("train: 0.5 at step 200", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_that_overflowed_are_gaps()
    {
        MetricsRecord[] lines = [.. SampleRun.Stage.Metrics.Select(m => m with { Loss = m.Step > 20 ? double.NaN : m.Loss, Dev = null })];
        Assert.Contains("train: 2 at step 1, 0.1 at step 20", ReportPage.Render(SampleRun.Run(SampleRun.Stage with { Metrics = lines })), StringComparison.Ordinal);
        MetricsRecord[] none = [.. lines.Select(m => m with { Loss = double.PositiveInfinity })];
        Assert.DoesNotContain("s1-curves-loss", ReportPage.Render(SampleRun.Run(SampleRun.Stage with { Metrics = none })), StringComparison.Ordinal);
    }

    private static string Shown => HtmlShown(SampleRun.Hostile);

    private static string HtmlShown(string text) => text.Replace('\u0001', '\uFFFD');

    private static bool Near((double X, double Y) a, (double X, double Y) b) => Math.Abs(a.X - b.X) < 0.01 && Math.Abs(a.Y - b.Y) < 0.01;

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value);

    private static XElement Section(string id) => s_document.Descendants("section").Single(s => s.Attribute("id")!.Value == id);

    private static XElement Figure(string id) => s_document.Descendants("figure").Single(f => f.Attribute("id")!.Value == id);

    private static string[] Rows(string section) => [.. Section(section).Descendants("tbody").Elements("tr").Select(row => string.Join(' ', row.Elements().Select(cell => cell.Value)))];
}
