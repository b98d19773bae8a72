using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Files;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class PredictTests(TrainedToyRun toy)
{
    [Fact]
    public async Task Every_line_gets_the_label_and_probability_of_an_evaluation()
    {
        string[] texts = [.. File.ReadLines(toy.In("test.txt")).Select(l => l.Split(' ', 2)[1].ToUpperInvariant())];
        File.WriteAllLines(toy.In("lines.txt"), texts);
        string[][] answers = Columns(await Shell.OutputOf("predict", toy.Run, toy.In("lines.txt")));
        using TrainedRun run = TrainedRun.Open(toy.Run);
        ExampleSet test = DataPreparation.ReadExamples(run.Job.Data, toy.In("test.txt"), run.Vocabulary, run.Labels);
        float[] expected = run.Predict(test);
        Assert.Equal(texts, answers.Select(a => a[2]));
        for (int i = 0; i < texts.Length; i++)
        {
            int best = expected[2 * i] >= expected[(2 * i) + 1] ? 0 : 1;
            Assert.Equal(run.Labels[best], answers[i][0]);
            Assert.Equal(expected[(2 * i) + best].ToString("F6", CultureInfo.InvariantCulture), answers[i][1]);
        }
    }

    [Fact]
    public async Task The_probabilities_of_all_labels_come_in_the_order_of_the_labels()
    {
        File.WriteAllText(toy.In("one.txt"), "sunny warm\n");
        string[] cells = Assert.Single(Columns(await Shell.OutputOf("predict", toy.Run, toy.In("one.txt"), "--probabilities")));
        Assert.Equal(["good", "bad", "good", "sunny warm"], new[] { cells[0], cells[2], cells[4], cells[6] });
        Assert.Equal(cells[1], cells[5]);
        string json = await Shell.OutputOf("predict", toy.Run, toy.In("one.txt"), "--probabilities", "--json-lines");
        Assert.Equal(["bad", "good"], JsonDocument.Parse(json).RootElement.GetProperty("probabilities").EnumerateArray().Select(p => p.GetProperty("label").GetString()));
        await Shell.RefusalOf(["predict", toy.Run, toy.In("one.txt"), "--probabilities", "--top", "2"], "--probabilities: gives every label");
        await Shell.RefusalOf(["predict", toy.Run, toy.In("one.txt"), "--form", "data"], "--form: is data", "no texts in columns or fields");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public async Task A_file_that_begins_with_a_byte_order_mark_is_read_by_it(string name)
    {
        File.WriteAllText(toy.In("plain.txt"), "sunny warm\ncold sea\n");
        File.WriteAllText(toy.In("marked.txt"), "sunny warm\ncold sea\n", Encoding.GetEncoding(name));
        Assert.Equal(
            await Shell.OutputOf("predict", toy.Run, toy.In("plain.txt")), await Shell.OutputOf("predict", toy.Run, toy.In("marked.txt")));
    }

    [Fact]
    public async Task An_archive_is_not_read_as_text()
    {
        File.WriteAllBytes(toy.In("lines.zip"), [.. "PK\u0003\u0004"u8, .. new byte[60]]);
        await Shell.RefusalOf(["predict", toy.Run, toy.In("lines.zip")], "The file is a zip archive");
    }

    [Fact]
    public async Task A_file_in_the_form_of_the_jobs_table_is_read_by_its_columns_and_needs_no_labels()
    {
        using var folder = new TempFolder();
        folder.WriteLines("train.csv", File.ReadLines(toy.In("train.txt")).Select(line => line.Replace(' ', ',')).Prepend("label,a,b,c,d,e,f"));
        folder.Write("job.json", """
            { "data": { "format": "delimited", "train": "train.csv", "textColumns": ["a", "b"] }, "model": { "kind": "bag" }, "training": { "epochs": 1 } }
            """);
        string run = folder.In("run");
        await Shell.OutputOf("train", folder.In("job.json"), "--run-dir", run);
        folder.Write("new.csv", "b,a,note\nwarm,\"sunny\nday\",x\n");
        folder.Write("new.txt", "b,a,note\nwarm,sunny,x\n");

        Assert.EndsWith("\tsunny\\nday warm\n", await PredictAsync("new.csv"), StringComparison.Ordinal);
        Assert.Equal(2, Columns(await PredictAsync("new.txt")).Length);
        Assert.EndsWith("\tsunny warm\n", await PredictAsync("new.txt", "--form", "data"), StringComparison.Ordinal);
        Assert.Equal(3, Columns(await PredictAsync("new.csv", "--form", "lines")).Length);
        await Shell.RefusalOf(["predict", run, toy.In("test.txt"), "--form", "data"], "There is no column 'a'");

        // Standard error tells how many of the words are unknown.
        async Task<string> PredictAsync(string file, params string[] more)
        {
            (int code, string output, string errors) = await Shell.RunAsync(["predict", run, folder.In(file), .. more]);
            Assert.True(code == ExitCode.Done, errors);
            return output;
        }
    }

    [Fact]
    public async Task Empty_lines_unknown_words_line_ends_and_many_chunks_all_get_their_line()
    {
        string[] some = ["", "   ", "zyzzyva", "sunny\tday", ""];
        string[] texts = [.. Enumerable.Range(0, 1002).Select(i => some[i % some.Length])];
        File.WriteAllText(toy.In("odd-lines.txt"), string.Join("\r\n", texts));
        string[] answers = (await AnswersOf(toy.In("odd-lines.txt"))).Split('\n')[..^1];
        Assert.Equal(texts.Length, answers.Length);
        Assert.All(answers.Zip(texts), a => Assert.EndsWith($"\t{TabField.Escape(a.Second)}", a.First, StringComparison.Ordinal));
        Assert.Single(answers.Where((_, i) => texts[i].Length == 0).Distinct());
        // A line has the same answer in every chunk.
        Assert.Equal(4, answers.Distinct().Count());
    }

    [Fact]
    public async Task Json_lines_and_top_give_labels_by_falling_probability()
    {
        File.WriteAllText(toy.In("one.txt"), "cold \"dark\" day");
        JsonElement answer = JsonDocument.Parse(await AnswersOf(toy.In("one.txt"), "--json-lines", "--top", "2")).RootElement;
        Assert.Equal("cold \"dark\" day", answer.GetProperty("text").GetString());
        (string Label, double Probability)[] top = [.. answer.GetProperty("top").EnumerateArray().Select(t => (t.GetProperty("label").GetString()!, t.GetProperty("probability").GetDouble()))];
        Assert.Equal(["bad", "good"], top.Select(t => t.Label).Order());
        Assert.True(top[0].Probability >= top[1].Probability);
        Assert.Equal(1, top.Sum(t => t.Probability), 5);
        Assert.Equal(top[0].Label, answer.GetProperty("label").GetString());
        string[] columns = Columns(await AnswersOf(toy.In("one.txt"), "--top", "2"))[0];
        Assert.Equal($"{top[0].Label} {top[1].Label} cold \"dark\" day", $"{columns[0]} {columns[2]} {columns[4]}");
    }

    [Fact]
    public async Task Gzip_and_other_encodings_are_read()
    {
        File.WriteAllBytes(toy.In("packed.gz"), Gzip.Of("sunny caf\u00e9\n"u8));
        File.WriteAllBytes(toy.In("latin.txt"), [.. "sunny caf"u8, 0xe9]);
        string expected = await AnswersOf(toy.In("packed.gz"));
        Assert.Equal(expected, await AnswersOf(toy.In("latin.txt"), "--encoding", "latin1"));
    }

    [Fact]
    public async Task What_cannot_be_predicted_is_refused_in_one_line()
    {
        File.WriteAllBytes(toy.In("bad.txt"), [.. "sunny\nwarm "u8, 0xe9, .. "\n"u8]);
        await Shell.RefusalOf(["predict", toy.Run, toy.In("bad.txt")], "bad.txt:2", "utf-8", "--encoding");
        File.WriteAllBytes(toy.In("cut.gz"), Gzip.Of("sunny day\n"u8)[..^9]);
        await Shell.RefusalOf(["predict", toy.Run, toy.In("cut.gz")], "cut.gz");
        await Shell.RefusalOf(["predict", toy.Run, toy.In("none.txt")], "none.txt", "cannot be read");
        await Shell.RefusalOf(["predict", toy.Run, toy.Root], "cannot be read");
        await Shell.RefusalOf(["predict", toy.Run, toy.In("bad.txt"), "--encoding", "utf-9"], "--encoding", "utf-9");
        await Shell.RefusalOf(["predict", toy.Run, toy.In("bad.txt"), "--top", "3"], "--top: is 3", "2 labels");
        await Shell.RefusalOf(["predict", toy.Run, toy.In("bad.txt"), "--top", "many"], "--top: 'many' is no whole number.");
        await Shell.RefusalOf(["predict", toy.Run, toy.In("bad.txt"), "--stage", "vectors"], "without labels");
        await Shell.RefusalOf(["predict"], "RUN is missing.");
        await Shell.RefusalOf(["predict", toy.Run, "--jsonlines"], "no option `--jsonlines`", "`--json-lines`");
    }

    [Fact]
    public async Task Standard_input_is_answered_and_the_command_ends_when_nobody_reads_its_answers()
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, "predict", toy.Run, "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
            Task feeding = Task.Run(async () =>
            {
                // Without end: only the command's own end ends it.
                while (true)
                    await process.StandardInput.WriteLineAsync("sunny warm day".AsMemory(), deadline.Token);
            });
            string? first = await process.StandardOutput.ReadLineAsync(deadline.Token);
            Assert.EndsWith("\tsunny warm day", first, StringComparison.Ordinal);
            process.StandardOutput.Close();
            await process.WaitForExitAsync(deadline.Token);
            Assert.Equal(ExitCode.Done, process.ExitCode);
            await Assert.ThrowsAsync<IOException>(() => feeding);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The answers to text that has unknown words, of which standard error tells.</summary>
    private async Task<string> AnswersOf(params string[] arguments)
    {
        (int code, string output, string errors) = await Shell.RunAsync(["predict", toy.Run, .. arguments]);
        Assert.Equal(ExitCode.Done, code);
        Assert.StartsWith("note: ", errors, StringComparison.Ordinal);
        Assert.Contains("tokens are unknown", errors, StringComparison.Ordinal);
        return output;
    }

    private static string[][] Columns(string output) => [.. output.Split('\n')[..^1].Select(l => l.Split('\t'))];
}
