using System.Text.Json;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class EvaluateTests(TrainedToyRun toy)
{
    [Fact]
    public async Task Dev_and_test_give_to_the_bit_what_training_reported()
    {
        RunResult trained = RunResult.Read(Path.Combine(toy.Run, "result.json"));
        foreach ((string part, PartResult expected) in new[] { ("dev", trained.Dev!), ("test", trained.Test!) })
        {
            JsonElement shown = JsonDocument.Parse(await Shell.OutputOf("evaluate", toy.Run, "--part", part, "--json")).RootElement;
            Assert.Equal(expected.Main, shown.GetProperty("accuracy").GetDouble());
            Assert.Equal(expected.Loss, shown.GetProperty("loss").GetDouble());
            Assert.Equal(expected.Examples, shown.GetProperty("examples").GetInt32());
            Assert.Equal(trained.WeightsStep, shown.GetProperty("step").GetInt32());
            int[][] confusion = shown.GetProperty("confusion").Deserialize<int[][]>()!;
            Assert.Equal(expected.Examples, confusion.Sum(row => row.Sum()));
            Assert.Equal(expected.Main, shown.GetProperty("microF1").GetDouble());
            JsonElement[] classes = [.. shown.GetProperty("byClass").EnumerateArray()];
            Assert.Equal(classes.Average(c => c.GetProperty("f1").GetDouble()), shown.GetProperty("macroF1").GetDouble(), 1e-12);
            Assert.Equal(confusion.Select(row => row.Sum()), classes.Select(c => c.GetProperty("support").GetInt32()));
            foreach (string measure in (string[])["accuracy", "macroF1"])
                Assert.InRange(shown.GetProperty(measure).GetDouble(), shown.GetProperty($"{measure}Interval").GetProperty("low").GetDouble(), shown.GetProperty($"{measure}Interval").GetProperty("high").GetDouble());
            Assert.Equal(expected.Main, (double)confusion.Select((row, label) => row[label]).Sum() / expected.Examples);
        }
    }

    [Fact]
    public async Task The_table_counts_true_labels_in_rows_and_predicted_ones_in_columns()
    {
        // Three of one label, one of the other: a table whose sides were exchanged would differ.
        string[] lines = [.. File.ReadLines(toy.In("test.txt")).Where(l => l.StartsWith("good", StringComparison.Ordinal)).Take(3), "bad stormy cold dark awful rough cold"];
        string file = toy.In("four.txt");
        File.WriteAllLines(file, lines);
        string table = await Shell.OutputOf("evaluate", toy.Run, "--data", file, "--step", "8", "--confusion");
        JsonElement json = JsonDocument.Parse(await Shell.OutputOf("evaluate", toy.Run, "--data", file, "--step", "8", "--json")).RootElement;
        int[][] confusion = json.GetProperty("confusion").Deserialize<int[][]>()!;
        Assert.Equal([1, 3], confusion.Select(row => row.Sum()));
        Assert.StartsWith($"{file}: 4 examples, accuracy", table, StringComparison.Ordinal);
        Assert.Contains("weights of step 8", table, StringComparison.Ordinal);
        string[][] rows = [.. table.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(c => c.Length == 5)];
        Assert.Equal([["1", "bad", $"{confusion[0][0]}", $"{confusion[0][1]}", "1"], ["2", "good", $"{confusion[1][0]}", $"{confusion[1][1]}", "3"]], rows[..2]);
        Assert.DoesNotContain("precision", table, StringComparison.Ordinal);

        string byClass = await Shell.OutputOf("evaluate", toy.Run, "--data", file, "--step", "8", "--by-class");
        string[][] classes = [.. byClass.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(c => c.Length == 6)];
        Assert.Equal(["label", "examples", "predicted", "precision", "recall", "F1"], classes[0]);
        Assert.Equal(["good", "3", $"{confusion[0][1] + confusion[1][1]}"], classes[2][..3]);
        Assert.DoesNotContain("taken", byClass, StringComparison.Ordinal);

        string both = await Shell.OutputOf("evaluate", toy.Run, "--data", file, "--step", "8");
        Assert.Equal(2, both.TrimEnd().Split('\n').Length);
        Assert.Contains("(95 % interval ", both.Split('\n')[0], StringComparison.Ordinal);
        Assert.StartsWith("macro F1 ", both.Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_changed_since_training_are_refused()
    {
        string data = toy.In("dev.txt"), before = File.ReadAllText(data);
        File.WriteAllText(data, before + "good sunny sunny\n");
        try
        {
            await Shell.RefusalOf(["evaluate", toy.Run], "is not the file that the run began with (data.");
        }
        finally
        {
            File.WriteAllText(data, before);
        }
    }

    [Fact]
    public async Task What_cannot_be_evaluated_is_refused_in_one_line()
    {
        File.WriteAllText(toy.In("odd.txt"), "good sunny\nugly sunny\n");
        await Shell.RefusalOf(["evaluate", toy.Run, "--data", toy.In("odd.txt")], "odd.txt:2", "'ugly'");
        await Shell.RefusalOf(["evaluate", toy.Run, "--data", toy.In("none.txt")], "There is no file");
        await Shell.RefusalOf(["evaluate", toy.Run, "--data", toy.In("odd.txt"), "--part", "dev"], "--data: is given beside --part.");
        await Shell.RefusalOf(["evaluate", toy.Run, "--json", "--by-class"], "--json: has everything, so --by-class");
        await Shell.RefusalOf(["evaluate", toy.Run, "--json", "--confusion"], "--json: has everything, so --confusion");
        await Shell.RefusalOf(["evaluate", toy.Run, "--stage", "vectors"], "without labels");
        await Shell.RefusalOf(["evaluate", toy.Run, "--stage", "tunde"], "--stage", "'tunde'", "vectors, tuned");
        await Shell.RefusalOf(["evaluate", toy.Run, "--step", "77"], "no checkpoint of step 77");
        await Shell.RefusalOf(["evaluate", toy.Run, "--part", "tset"], "--part", "`tset`", "`test`");
        await Shell.RefusalOf(["evaluate", toy.In("nowhere")], "no such run directory");
        await Shell.RefusalOf(["evaluate", toy.Root], "no job.json");
    }

    [Fact]
    public async Task Stages_may_build_on_each_other_and_the_directory_of_each_can_be_named()
    {
        string job = toy.In("chain.json"), run = toy.In("chain");
        File.WriteAllText(job, $$"""
            {
              "name": "chain",
              "data": { "format": "plain-text", "root": "{{toy.Root}}", "files": ["text.txt"] },
              "model": { "kind": "cbow" },
              "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
              "training": { "batch": 100, "epochs": 1 },
              "stages": [
                { "name": "a", "vectors": { "dimension": 8 } },
                { "name": "b", "vectors": { "file": "stage:a" } },
                { "name": "c", "vectors": { "file": "stage:b" }, "model": { "kind": "bag" },
                  "data": { "format": "labelled-lines", "root": "{{toy.Root}}", "train": "train.txt" } }
              ]
            }
            """);
        await Shell.OutputOf("train", job, "--run-dir", run);
        Assert.Contains("cold", await Shell.OutputOf("neighbors", Path.Combine(run, "stages", "b"), "cold"), StringComparison.Ordinal);
        // Without a test part the dev part is the default.
        string whole = await Shell.OutputOf("evaluate", run);
        Assert.StartsWith("dev: 4 examples", whole, StringComparison.Ordinal);
        Assert.Equal(whole, await Shell.OutputOf("evaluate", Path.Combine(run, "stages", "c") + Path.DirectorySeparatorChar));
        await Shell.RefusalOf(["evaluate", run, "--part", "test"], "--part: the job has no test part. Use --part dev");
        Directory.Delete(Path.Combine(run, "stages", "c"), recursive: true);
        await Shell.RefusalOf(["evaluate", run], "stage 'c' has not begun.");
        Assert.False(Directory.Exists(Path.Combine(run, "stages", "c")));
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_named_with_the_one_to_use_instead()
    {
        string copy = toy.In("damaged");
        foreach (string file in Directory.GetFiles(toy.Run, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(toy.Run, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        string newest = Directory.GetDirectories(Path.Combine(copy, "stages", "tuned", "checkpoints")).Max(StringComparer.Ordinal)!;
        string shard = Directory.GetFiles(newest, "*.rows")[0];
        byte[] bytes = File.ReadAllBytes(shard);
        bytes[^40] ^= 1;
        File.WriteAllBytes(shard, bytes);
        await Shell.RefusalOf(["evaluate", copy], Path.GetFileName(shard), "name it with --step 7");
        await Shell.RefusalOf(["evaluate", copy, "--step", "8"], Path.GetFileName(shard), "--step");
        Assert.Contains("weights of step 7", await Shell.OutputOf("evaluate", copy, "--step", "7"), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(newest, "manifest.json"), "{");
        await Shell.RefusalOf(["evaluate", copy, "--step", "8"], "manifest.json");
    }
}
