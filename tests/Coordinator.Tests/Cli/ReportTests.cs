using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Tests.Reports.Html;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class ReportTests(TrainedToyRun toy)
{
    [Fact]
    public async Task The_verb_writes_what_the_run_left_byte_for_byte_and_again_without_its_analyses()
    {
        byte[] left = File.ReadAllBytes(Path.Combine(toy.Run, "report.html"));
        string copy = Copy("report-again"), other = toy.In("again.html");
        Assert.Contains(Path.Combine(copy, "report.html"), await Shell.OutputOf("report", copy), StringComparison.Ordinal);
        Assert.Equal(left, File.ReadAllBytes(Path.Combine(copy, "report.html")));
        foreach (string analysis in Directory.GetFiles(copy, "analysis.json", SearchOption.AllDirectories))
            File.Delete(analysis);
        await Shell.OutputOf("report", copy, "--output", other);
        Assert.Equal(left, File.ReadAllBytes(other));
        ParsedPage.AssertSelfContained(File.ReadAllText(other));
    }

    [Fact]
    public void What_is_analyzed_equals_the_result_and_the_vectors()
    {
        RunDirectory stage = RunDirectory.Open(toy.Run).Stage("tuned");
        RunResult result = RunResult.Read(stage.ResultPath);
        StageAnalysis analysis = StageAnalysis.Read(stage.AnalysisPath)!;
        Assert.Equal((result.WeightsStep, result.TableHash), (analysis.Step, analysis.TableHash));
        Assert.Equal(result.Test!.Examples, analysis.Confusion!.Counts.Sum(row => row.Sum()));
        Assert.Equal(result.Test.Main, (double)analysis.Confusion.Counts.Select((row, label) => row[label]).Sum() / result.Test.Examples);

        using TrainedRun before = TrainedRun.OpenInitial(toy.Run, "tuned"), after = TrainedRun.Open(toy.Run, "tuned");
        WordVectors first = before.ReadVectors(), last = after.ReadVectors();
        (string Word, double Distance)[] expected =
        [
            .. Enumerable.Range(2, first.Vocabulary.Rows - 2)
                .Select(row => (first.Vocabulary.Word(row), Math.Sqrt(first.Vector(row).ToArray().Zip(last.Vector(row).ToArray(), (a, b) => ((double)b - a) * ((double)b - a)).Sum())))
                .Where(w => w.Item2 > 0).OrderByDescending(w => w.Item2),
        ];
        Assert.Equal(expected.Select(w => w.Word), analysis.Moved.Select(w => w.Word));
        Assert.All(expected.Zip(analysis.Moved), pair => Assert.Equal(pair.First.Distance, pair.Second.Distance, 9));
        Assert.Equal(first.Vocabulary.Rows - 2 - expected.Length, analysis.Frozen);
        Assert.NotEmpty(expected);
        Assert.InRange(analysis.MapShare, 0.01, 1);
    }

    [Fact]
    public async Task A_run_without_a_result_gets_a_report_of_what_there_is()
    {
        string copy = Copy("report-under-way");
        File.Delete(Path.Combine(copy, "result.json"));
        File.Delete(Path.Combine(copy, "stages", "tuned", "result.json"));
        File.AppendAllText(Path.Combine(copy, "stages", "tuned", "metrics.jsonl"), "{\"step\":9"); // a line that is being written
        await Shell.OutputOf("report", copy);
        string text = ParsedPage.Of(File.ReadAllText(Path.Combine(copy, "report.html"))).Value;
        Assert.Contains("still under way, or ended without a result", text, StringComparison.Ordinal);
        Assert.Contains("no result yet: step 8 is the last that was logged", text, StringComparison.Ordinal);
        Assert.Contains("The test comes at the end.", text, StringComparison.Ordinal);

        Directory.Delete(Path.Combine(copy, "stages", "tuned"), recursive: true);
        await Shell.OutputOf("report", copy);
        Assert.Contains("Not begun: tuned.", ParsedPage.Of(File.ReadAllText(Path.Combine(copy, "report.html"))).Value, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(copy, "stages", "tuned")));
    }

    [Fact]
    public async Task An_analysis_of_other_weights_does_not_count_and_data_that_are_gone_are_told_in_the_report()
    {
        string copy = Copy("report-moved"), stage = Path.Combine(copy, "stages", "tuned"), path = Path.Combine(stage, "analysis.json");
        (StageAnalysis.Read(path)! with { TableHash = "other" }).Write(path);
        string data = toy.In("dev.txt"), before = File.ReadAllText(data);
        File.WriteAllText(data, before + "good sunny sunny\n");
        try
        {
            await Shell.OutputOf("report", copy);
            string text = ParsedPage.Of(File.ReadAllText(Path.Combine(copy, "report.html"))).Value;
            Assert.Contains("Cannot be looked at:", text, StringComparison.Ordinal);
            Assert.Contains("is not the file that the run began with", text, StringComparison.Ordinal);
        }
        finally
        {
            File.WriteAllText(data, before);
        }
    }

    [Fact]
    public async Task A_job_may_do_without_and_a_report_that_cannot_be_written_fails_no_run()
    {
        string[] brief = ["train", toy.Job, "--set", "stages.vectors.training.epochs=1", "--set", "stages.tuned.training.epochs=1", "--set", "freeze=[]", "--set", "stages.tuned.freeze=[]"];
        string without = toy.In("without");
        Assert.DoesNotContain("report.html", await Shell.OutputOf([.. brief, "--set", "report.html=false", "--run-dir", without]), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(without, "report.html", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(without, "analysis.json", SearchOption.AllDirectories));

        // Going on with a run that is done has nothing to train; a folder where the report belongs is in its way.
        Directory.CreateDirectory(Path.Combine(without, "report.html", "x"));
        (int code, string output, string errors) = await Shell.RunAsync("train", "--run-dir", without, "--resume", "--set", "report.html=true");
        Assert.True(code == ExitCode.Done, output + errors);
        string line = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("warning: report.html could not be written: ", line, StringComparison.Ordinal);
        Assert.Contains($"distembed report {without}", line, StringComparison.Ordinal);
        await Shell.RefusalOf(["report", without], "report.html", "is a folder");
    }

    [Fact]
    public async Task What_cannot_be_reported_on_is_refused_in_one_line()
    {
        await Shell.RefusalOf(["report", toy.In("nowhere")], "no such run directory");
        await Shell.RefusalOf(["report", toy.Root], "no job.json");
        await Shell.RefusalOf(["report", Path.Combine(toy.Run, "stages", "tuned")], "is the directory of a stage", $"Name the run's: {toy.Run}");
        await Shell.RefusalOf(["report", toy.Run, "--output", toy.In("no/r.html")], "folder that does not exist");
        await Shell.RefusalOf(["report", toy.Run, "--output", toy.Root], "is a folder");
        await Shell.RefusalOf(["report", toy.Run, "--output", toy.Job], "exists already", "--force");
        string garbled = Copy("report-garbled");
        File.WriteAllText(Path.Combine(garbled, "stages", "tuned", "analysis.json"), "{");
        await Shell.RefusalOf(["report", garbled], "analysis.json", "Remove it");
        File.Delete(Path.Combine(garbled, "stages", "tuned", "analysis.json"));
        File.WriteAllText(Path.Combine(garbled, "stages", "tuned", "metrics.jsonl"), "{}\n");
        await Shell.RefusalOf(["report", garbled], "metrics.jsonl:1");
    }

    private string Copy(string name)
    {
        string copy = toy.In(name);
        foreach (string file in Directory.GetFiles(toy.Run, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(toy.Run, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return copy;
    }
}
