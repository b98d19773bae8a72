using System.Globalization;
using System.Text.Json;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>Words of new text that the training data lack.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class OutsideWordsTests : IDisposable
{
    private readonly OutsideToy _toy = new();

    public void Dispose() => _toy.Dispose();

    [Theory]
    [InlineData("""{ "kind": "text-cnn", "windows": [2, 3], "maps": 4, "channels": "static" }""")]
    [InlineData("""{ "kind": "text-cnn", "windows": [2, 3], "maps": 4, "channels": "multichannel" }""")]
    [InlineData("""{ "kind": "bag" }""")]
    [InlineData("""{ "kind": "lstm", "hidden": 5 }""")]
    [InlineData("""{ "kind": "tagger", "hidden": 5, "unknownRate": 0 }""")]
    public async Task Text_is_predicted_as_by_a_model_that_had_its_words_from_the_start(string model)
    {
        string[] frozen = model.Contains("channels", StringComparison.Ordinal) ? [] : ["--set", "freeze=[{\"group\":\"embedding\"}]"];
        string without = await _toy.TrainAsync(model, "without", test: false, frozen);
        string with = await _toy.TrainAsync(model, "with", test: true, frozen);
        using (TrainedRun lacks = TrainedRun.Open(without), has = TrainedRun.Open(with))
        {
            Assert.False(lacks.Vocabulary.TryRowOf("jolly", out _));
            Assert.True(has.Vocabulary.TryRowOf("jolly", out _));
            Assert.True(has.Vocabulary.TryRowOf("BREEZY", out _)); // its vector is that of breezy
            Assert.False(has.Vocabulary.TryRowOf("xyzzy", out _));
        }

        (int code, string answers, string told) = await Shell.RunAsync("predict", without, _toy.In("lines.txt"));
        (int other, string expected, string known) = await Shell.RunAsync("predict", with, _toy.In("lines.txt"));
        Assert.Equal((ExitCode.Done, ExitCode.Done), (code, other));
        Assert.Equal(expected.Length, answers.Length);
        Assert.All(expected.Split('\n').Zip(answers.Split('\n')), pair => Assert.True(Near(pair.First, pair.Second), $"{pair.First}\n{pair.Second}"));
        string[] words = [.. _toy.Lines.SelectMany(line => line.Split(' '))];
        int unknown = words.Count(word => word is "xyzzy" or "qwop" or "XYZZY" or "QWOP");
        string start = string.Create(CultureInfo.InvariantCulture, $"note: {unknown:N0} of {words.Length:N0} tokens are unknown");
        Assert.StartsWith(start + ";", told, StringComparison.Ordinal);
        Assert.Contains("that the training data lack have their vector from", told, StringComparison.Ordinal);
        Assert.Equal(start + "\n", known);
    }

    [Fact]
    public async Task Words_outside_make_a_difference_and_a_vector_file_that_is_gone_is_told()
    {
        string run = await _toy.TrainAsync("""{ "kind": "bag" }""", "bag", test: false);
        File.WriteAllText(_toy.In("two.txt"), "jolly jolly\nGLOOMY gloomy\nxyzzy\n");
        (_, string answers, string told) = await Shell.RunAsync("predict", run, _toy.In("two.txt"));
        string[] probabilities = [.. answers.Split('\n')[..^1].Select(line => line.Split('\t')[1])];
        Assert.Equal(3, probabilities.Distinct().Count());
        Assert.Equal($"note: 1 of 5 tokens are unknown; 4 that the training data lack have their vector from {_toy.In("vectors.txt")}\n", told);

        File.Move(_toy.In("vectors.txt"), _toy.In("moved.txt"));
        (_, string without, told) = await Shell.RunAsync("predict", run, _toy.In("two.txt"));
        Assert.Single(without.Split('\n')[..^1].Select(line => line.Split('\t')[1]).Distinct());
        string gone = $"note: 5 of 5 tokens are unknown; {_toy.In("vectors.txt")} is not there";
        Assert.StartsWith(gone, told, StringComparison.Ordinal);
        Assert.EndsWith(". Put it back, or name a copy with --vectors.\n", told, StringComparison.Ordinal);
        (_, string given, told) = await Shell.RunAsync("predict", run, _toy.In("two.txt"), "--vectors", _toy.In("moved.txt"));
        Assert.Equal(3, given.Split('\n')[..^1].Select(line => line.Split('\t')[1]).Distinct().Count());
        Assert.Equal($"note: 1 of 5 tokens are unknown; 4 that the training data lack have their vector from {_toy.In("moved.txt")}\n", told);
        Assert.Equal(answers, given); // tuned rows stay: the file is the one that the run began with

        File.WriteAllLines(_toy.In("vectors.txt"), File.ReadLines(_toy.In("moved.txt")).Reverse());
        (_, string other, told) = await Shell.RunAsync("predict", run, _toy.In("two.txt"));
        Assert.Equal(without, other);
        Assert.Contains("is not the file that the run began with", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunks_come_in_order_and_covered_however_far_is_read_ahead()
    {
        string path = await _toy.TrainAsync("""{ "kind": "bag" }""", "bag", test: false);
        var counts = new List<(long, long, long)>();
        foreach ((int size, bool ahead) in new[] { (1, false), (1, true), (7, true), (100, true) })
        {
            using TrainedRun run = TrainedRun.Open(path);
            var outside = new OutsideWords(run);
            var lines = new List<string>();
            foreach (string[] chunk in outside.Cover(_toy.Lines.Chunk(size), ahead))
            {
                Assert.All(
                    chunk.SelectMany(line => line.Split(' ')),
                    word => Assert.NotEqual(word.ToLowerInvariant() is "xyzzy" or "qwop", run.AllWords.TryRowOf(word, out _)));
                lines.AddRange(chunk);
            }

            Assert.Equal(_toy.Lines, lines);
            counts.Add((outside.Tokens, outside.FromFile, outside.Unknown));
        }

        Assert.Single(counts.Distinct());
    }

    [Fact]
    public async Task Training_the_test_part_and_the_same_file_as_data_agree_to_the_bit()
    {
        foreach (string vocabulary in new[] { "train", "all-parts" })
        {
            string run = await _toy.TrainAsync("""{ "kind": "text-cnn", "windows": [2, 3], "maps": 4 }""", vocabulary, test: true, "--set", $"data.vocabulary={vocabulary}", "--set", "data.minCount=2");
            PartResult trained = RunResult.Read(Path.Combine(run, "result.json")).Test!;
            foreach (string[] asked in new[] { ["--part", "test"], new[] { "--data", _toy.In("test.txt") } })
            {
                (int code, string output, string errors) = await Shell.RunAsync(["evaluate", run, "--json", .. asked]);
                Assert.True(code == ExitCode.Done, errors);
                JsonElement shown = JsonDocument.Parse(output).RootElement;
                Assert.Equal((trained.Main, trained.Loss), (shown.GetProperty("accuracy").GetDouble(), shown.GetProperty("loss").GetDouble()));
            }
        }
    }

    [Fact]
    public async Task A_part_is_evaluated_without_the_vector_file()
    {
        string run = await _toy.TrainAsync("""{ "kind": "bag" }""", "bag", test: true);
        string before = await Shell.OutputOf("evaluate", run, "--json");
        File.Delete(_toy.In("vectors.txt"));
        Assert.Equal(before, await Shell.OutputOf("evaluate", run, "--json"));
    }

    [Fact]
    public async Task A_run_from_before_there_was_a_choice_of_vocabularies_is_opened_and_resumed_with_that_of_all_parts()
    {
        string run = await _toy.TrainAsync("""{ "kind": "bag" }""", "old", test: true, "--set", "data.vocabulary=all-parts", "--set", "checkpoints.everySteps=4");
        string job = Path.Combine(run, "job.json"), text = File.ReadAllText(job);
        Assert.Contains("\"vocabulary\": \"all-parts\"", text, StringComparison.Ordinal);
        string before = await Shell.OutputOf("evaluate", run, "--json");
        File.WriteAllText(job, text.Replace("\"vocabulary\": \"all-parts\",", "", StringComparison.Ordinal));
        Assert.DoesNotContain("vocabulary", File.ReadAllText(job), StringComparison.Ordinal);
        Assert.Equal(before, await Shell.OutputOf("evaluate", run, "--json"));
        Assert.Equal(VocabularyParts.AllParts, ((LabelledData)JobFile.LoadStored(job).Stages[0].Spec.Data).Vocabulary);
        Assert.Equal(VocabularyParts.Train, ((LabelledData)JobFile.Load(job).Stages[0].Spec.Data).Vocabulary);
        await Shell.OutputOf("train", "--resume", "--run-dir", run, "--from-step", "4");
        Assert.Equal(before, await Shell.OutputOf("evaluate", run, "--json"));
        await Shell.RefusalOf(["train", _toy.In("old.json"), "--resume", "--run-dir", run], "data.vocabulary: not set, here \"train\"");
    }

    /// <summary>
    /// Equal but for probabilities that differ by rounding: the words of one run stand in other rows than those of the
    /// other.
    /// </summary>
    private static bool Near(string one, string other)
    {
        string[] first = one.Split('\t'), second = other.Split('\t');
        return first.Length == second.Length && first.Zip(second).All(pair => pair.First == pair.Second
            || (float.TryParse(pair.First, CultureInfo.InvariantCulture, out float a) && float.TryParse(pair.Second, CultureInfo.InvariantCulture, out float b) && Math.Abs(a - b) < 2e-6f));
    }
}
