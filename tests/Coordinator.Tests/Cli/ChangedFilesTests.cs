using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>Files that change between commands, and vectors that are not for the data.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ChangedFilesTests : IDisposable
{
    private static readonly string[] s_words = ["good", "fine", "nice", "bad", "poor", "sad"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Commands_that_need_the_start_name_the_vector_file_that_has_changed()
    {
        string run = await TrainAsync();
        string drift = await Shell.OutputOf("drift", run, "--words", "good,bad");
        string vectors = _folder.In("vectors.txt");
        byte[] before = File.ReadAllBytes(vectors);
        WriteVectors(side: -0.7);
        string what = $"error: {vectors}: is not the file that the run began with (vectors.file): ";
        await Shell.RefusalOf(["drift", run, "--words", "good,bad"], what);
        await Shell.RefusalOf(["neighbors", run, "good"], what);
        await Shell.RefusalOf(["train", "--run-dir", run, "--resume", "--from-step", "2"], what, "or start a new run");
        File.Delete(vectors);
        await Shell.RefusalOf(["neighbors", run, "good"], $"{vectors}: is not there: vectors.file named it");
        File.WriteAllBytes(vectors, before);
        Assert.Equal(drift, await Shell.OutputOf("drift", run, "--words", "good,bad"));
        await Shell.OutputOf("train", "--run-dir", run, "--resume", "--from-step", "2");
    }

    [Fact]
    public async Task Resuming_and_evaluating_name_the_data_file_that_has_changed()
    {
        string run = await TrainAsync(), train = _folder.In("train.txt");
        WriteData(lines: 160);
        string what = $"error: {train}: is not the file that the run began with (data.train): it has ";
        await Shell.RefusalOf(["train", "--run-dir", run, "--resume", "--from-step", "2"], what);
        await Shell.RefusalOf(["evaluate", run, "--part", "dev"], what);
        await Shell.OutputOf("drift", run, "--words", "good");
        await Shell.OutputOf("neighbors", run, "good");
    }

    [Fact]
    public async Task A_run_from_before_files_were_kept_is_opened_all_the_same()
    {
        string run = await TrainAsync(), facts = Path.Combine(run, "stage.json");
        JsonObject kept = JsonNode.Parse(File.ReadAllText(facts))!.AsObject();
        string[] settings = [.. kept["files"]!.AsArray().Select(file => file!["setting"]!.GetValue<string>())];
        Assert.Equal(["data.train", "vectors.file"], settings);
        kept.Remove("files");
        File.WriteAllText(facts, kept.ToJsonString());
        await Shell.OutputOf("drift", run, "--words", "good");
        await Shell.OutputOf("train", "--run-dir", run, "--resume", "--from-step", "2");
    }

    [Fact]
    public async Task Frozen_vectors_of_other_words_are_refused_and_few_found_words_are_warned_of()
    {
        WriteData(120);
        WriteVectors(0.3, prefix: "/c/en/");
        string none = await Shell.RefusalOf(
            ["train", Job("\"freeze\": [{ \"group\": \"embedding\" }]"), "--run-dir", _folder.In("none")],
            "vectors.file: vectors.txt has none of the ", "Its first words are '/c/en/good'", "prefixes");
        Assert.Empty(none);
        Assert.False(Directory.Exists(_folder.In("none")));
        (int code, _, string errors) = await Shell.RunAsync("train", Job(), "--run-dir", _folder.In("tuned"));
        Assert.Equal(0, code);
        string warning = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("warning: vectors.txt has 0 of the ", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_that_the_words_do_not_agree_with_is_told_by_every_command_that_reads_the_file()
    {
        WriteData(120);
        WriteVectors(0.3, header: "20 4\n");
        const string What = "declares 20 words, but there are 6: it may have been cut";
        Assert.Equal($"warning: vectors.txt: {What}\n", await ErrorsOf("train", Job(), "--run-dir", _folder.In("run")));
        string vectors = _folder.In("vectors.txt"), pairs = _folder.Write("pairs.txt", "good fine 9\nbad poor 8\ngood bad 1\n");
        string[] convert = ["vectors", "convert", vectors, _folder.In("v.bin"), "--format", "word2vec-binary"];
        Assert.Equal($"warning: {vectors}: {What}\n", await ErrorsOf(convert));
        Assert.Equal($"warning: {vectors}: {What}\n", await ErrorsOf("evaluate-vectors", vectors, "--pairs", pairs));
        WriteVectors(0.3, header: "3 4\n");
        Assert.Equal(
            $"warning: {vectors}: declares 3 words, but there are 6\n", await ErrorsOf("evaluate-vectors", vectors, "--pairs", pairs));
    }

    private static async Task<string> ErrorsOf(params string[] arguments) => (await Shell.RunAsync(arguments)).Errors;

    private async Task<string> TrainAsync()
    {
        WriteData(120);
        WriteVectors(0.3);
        string run = _folder.In("run");
        await Shell.OutputOf("train", Job(), "--run-dir", run);
        return run;
    }

    private void WriteData(int lines) => _folder.WriteLines("train.txt", Enumerable.Range(0, lines).Select(i =>
    {
        int first = i % 2 * 3;
        return $"{(first == 0 ? "pos" : "neg")} the film was {s_words[first + (i / 2 % 3)]} and {s_words[first + ((i + 1) % 3)]}";
    }));

    private void WriteVectors(double side, string prefix = "", string header = "") =>
        _folder.Write("vectors.txt", header + string.Concat(s_words.Select((word, i) => string.Create(
            CultureInfo.InvariantCulture, $"{prefix}{word} {(i < 3 ? side : -side)} {0.1 * i} {0.2 - (0.05 * i)} 0.5\n"))));

    private string Job(string more = "\"freeze\": []") => _folder.Write("job.json", $$"""
        {
          "name": "changed",
          "data": { "format": "labelled-lines", "root": {{JsonSerializer.Serialize(_folder.Path)}}, "train": "train.txt", "devFraction": 0.25 },
          "model": { "kind": "bag" },
          "vectors": { "file": "vectors.txt", "missing": "uniform", "range": 0.1 },
          "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
          "training": { "batch": 6, "epochs": 2 },
          "checkpoints": { "everySteps": 2, "keep": 50 },
          "report": { "html": false, "tensorBoard": false },
          {{more}}
        }
        """);
}
