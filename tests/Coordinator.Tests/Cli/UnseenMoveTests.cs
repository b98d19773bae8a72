using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class UnseenMoveTests(TrainedToyRun toy)
{
    [Fact]
    public async Task What_is_kept_is_the_best_on_dev_and_its_file_gives_the_same_numbers()
    {
        (string run, _) = await UnseenToy.TrainAsync(toy, "unseen-move");
        string plain = await Shell.OutputOf("evaluate", run, "--part", "dev", "--json");
        foreach ((string kind, int tried) in new[] { ("map", 9), ("retrofit", 3) })
        {
            string file = toy.In($"unseen-{kind}.vec");
            JsonElement moved = JsonDocument.Parse(await Shell.OutputOf("unseen", run, "--move", kind, "--output", file, "--format", "fasttext-vec", "--json")).RootElement.GetProperty("move");
            MoveResult result = moved.Deserialize<MoveResult>(JsonSerializerOptions.Web)!;
            Assert.Equal((tried, file), (result.Tried.Count, moved.GetProperty("written").GetString()));
            Assert.Equal(tried == 9, result.Kept!.Ridge is not null);
            MeasuredMove best = result.Tried.OrderByDescending(t => t.Dev.Main).ThenBy(t => t.Dev.Loss).First();
            Assert.Equal(best, result.Kept);
            Assert.True(best.Dev.Main > result.None.Main || (best.Dev.Main == result.None.Main && best.Dev.Loss < result.None.Loss));
            Assert.Equal(result.None.Main + (double)(best.Gained - best.Lost) / best.Dev.Examples, best.Dev.Main, 12);

            Assert.Equal((best.Dev.Main, best.Dev.Loss), Scores(await Shell.OutputOf("evaluate", run, "--part", "dev", "--json", "--vectors", file)));
            Assert.Equal((result.Test!.Kept!.Main, result.Test.Kept.Loss), Scores(await Shell.OutputOf("evaluate", run, "--json", "--vectors", file)));
            Assert.Equal((result.Test.None.Main, result.Test.None.Loss), Scores(await Shell.OutputOf("evaluate", run, "--json")));
            Assert.NotEqual(result.Test.None.Loss, result.Test.Kept.Loss);
            Assert.Equal(plain, await Shell.OutputOf("evaluate", run, "--part", "dev", "--json")); // the run is as it was

            using TrainedRun trained = TrainedRun.Open(run);
            StageRows start = trained.ReadStart();
            LoadedVectors written = VectorLoader.Load(file, trained.Vocabulary, lowerCaseFallback: false);
            Assert.Equal(trained.Vocabulary.Rows - WordVocabulary.FirstWordRow, written.Rows.Length);
            string[] changed = [.. written.Rows.Where((row, i) => !written.Values.AsSpan(i * 8, 8).SequenceEqual(trained.ReadRows("embedding", row, 1))).Select(trained.Vocabulary.Word)];
            Assert.Equal(["gloomy", "jolly"], changed.Order());
            Assert.Equal((2, written.Rows.Length - 3), (result.Untouched, result.Moved)); // xyzzy has no vector
            Assert.True(start.First("embedding").HasVector(trained.Vocabulary.RowOf("gloomy")));
        }
    }

    [Fact]
    public async Task Predictions_can_be_made_with_the_moved_vectors_and_the_tables_say_what_was_done()
    {
        (string run, _) = await UnseenToy.TrainAsync(toy, "unseen-predict");
        string file = toy.In("unseen-predict.txt"), line = toy.In("unseen-line.txt");
        string told = await Shell.OutputOf("unseen", run, "--move", "retrofit", "--strengths", "0.5,1", "--neighbors", "3", "--output", file);
        string[] lines = told.Split('\n');
        int at = Array.FindIndex(lines, l => l.StartsWith("Moving 2 untouched words that have a pretrained vector with the 3 nearest of the ", StringComparison.Ordinal));
        Assert.Equal(["move", "none", "strength 0.5", "strength 1"], lines[(at + 1)..(at + 5)].Select(l => l.Split("  ", StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.StartsWith("Kept: strength ", lines[at + 5], StringComparison.Ordinal);
        Assert.StartsWith("test: ", lines[at + 6], StringComparison.Ordinal);
        Assert.Contains("2 of them moved", lines[at + 7], StringComparison.Ordinal);
        string[] advice = lines[at + 7][(lines[at + 7].IndexOf("distembed ", StringComparison.Ordinal) + 10)..].Split(' ');
        Assert.Equal(["evaluate", run, "--step", advice[3], "--vectors", file], advice);

        File.WriteAllText(line, "gloomy gloomy\ncold dark\n");
        string[] before = (await Shell.OutputOf("predict", run, line)).Split('\n'), after = (await Shell.OutputOf("predict", run, line, "--vectors", file)).Split('\n');
        Assert.NotEqual(before[0], after[0]);
        Assert.Equal(before[1], after[1]);
        Assert.Contains($"words from {file}", await Shell.OutputOf(advice), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_kept_or_written_where_every_move_is_worse_on_dev()
    {
        // Labels that contradict what the words' neighbours learned.
        string file = toy.In("unseen-worse.txt");
        (string run, _) = await UnseenToy.TrainAsync(toy, "unseen-worse", ["good gloomy gloomy gloomy", "bad jolly jolly jolly"], []);
        string told = await Shell.OutputOf("unseen", run, "--move", "retrofit", "--output", file);
        Assert.Contains("Kept: none. No move is better on dev", told, StringComparison.Ordinal);
        Assert.EndsWith($" with none\n{file} is not written.\n", told, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        JsonElement move = JsonDocument.Parse(await Shell.OutputOf("unseen", run, "--move", "map", "--ridges", "0.1", "--json")).RootElement.GetProperty("move");
        Assert.Equal(3, move.GetProperty("tried").GetArrayLength());
        Assert.False(move.TryGetProperty("kept", out _) || move.TryGetProperty("written", out _) || move.GetProperty("test").TryGetProperty("kept", out _));
    }

    [Fact]
    public async Task Without_a_test_part_the_file_has_what_is_kept_and_not_what_was_tried_last()
    {
        (string run, _) = await UnseenToy.TrainAsync(toy, "unseen-no-test", "--set", "data.test=null", "--set", "data.minCount=1");
        string file = toy.In("unseen-no-test.bin");
        MoveResult result = JsonDocument.Parse(await Shell.OutputOf("unseen", run, "--move", "retrofit", "--strengths", "1,0.0001", "--output", file, "--format", "word2vec-binary", "--json"))
            .RootElement.GetProperty("move").Deserialize<MoveResult>(JsonSerializerOptions.Web)!;
        Assert.Equal((1.0, null), (result.Kept!.Strength, result.Test));
        Assert.NotEqual(result.Tried[1].Dev.Loss, result.Kept.Dev.Loss);
        Assert.Equal((result.Kept.Dev.Main, result.Kept.Dev.Loss), Scores(await Shell.OutputOf("evaluate", run, "--json", "--vectors", file)));
    }

    [Fact]
    public async Task What_cannot_be_moved_or_used_is_refused_in_one_line()
    {
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "mab"], "--move", "`mab`", "`map`");
        await Shell.RefusalOf(["unseen", toy.Run, "--output", toy.In("x")], "--output: means nothing without --move.");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "map", "--neighbors", "3"], "--neighbors: means nothing for --move map.");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "retrofit", "--ridges", "1"], "--ridges: means nothing for --move retrofit.");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "map", "--force"], "--force: means nothing without --output.");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "map", "--strengths", "0.5,,1"], "--strengths: has ''.");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "map", "--ridges", "-1"], "--ridges: has '-1'.");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "map", "--ridges", "1,1.0"], "--ridges: has 1.0 twice.");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "retrofit", "--neighbors", "0"], "--neighbors: is 0.");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "map", "--output", toy.Job], "exists already", "--force");
        // The embedding is frozen until step 4; afterwards every word of the toy's data is moved.
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "map", "--step", "4"], "--move: is given, but by step 4 no word");
        await Shell.RefusalOf(["unseen", toy.Run, "--move", "map", "--step", "8"], "--move: is given, but training moved every word");

        await Shell.RefusalOf(["evaluate", toy.Run, "--vectors", toy.In("nix.txt")], "--vectors: There is no file");
        await Shell.RefusalOf(["predict", toy.Run, toy.In("text.txt"), "--vectors", toy.Root], "is a folder");
        File.WriteAllText(toy.In("unseen-two.txt"), "sunny 1 2\n");
        File.WriteAllText(toy.In("unseen-other.txt"), "zebra 1 2 3 4 5 6 7 8\n");
        await Shell.RefusalOf(["evaluate", toy.Run, "--vectors", toy.In("unseen-two.txt")], "--vectors: ", "has 2 numbers a word, and the run has 8");
        await Shell.RefusalOf(["evaluate", toy.Run, "--vectors", toy.In("unseen-other.txt")], "--vectors: ", "has no word that the run knows");
    }

    [Fact]
    public async Task A_run_without_vectors_or_without_a_dev_part_moves_nothing()
    {
        (string random, _) = await UnseenToy.TrainAsync(toy, "unseen-random", "--set", "vectors.file=null", "--set", "vectors.dimension=8", "--set", "training.epochs=1", "--set", "model.channels=rand");
        await Shell.RefusalOf(["unseen", random, "--move", "map"], "starts from no pretrained vectors");
        Assert.Contains("untouched, no vector", await Shell.OutputOf("unseen", random), StringComparison.Ordinal);
        (string testOnly, _) = await UnseenToy.TrainAsync(toy, "unseen-no-dev", "--set", "data.dev=null", "--set", "data.devFraction=0", "--set", "evaluation.keepBest=false", "--set", "training.epochs=1");
        await Shell.RefusalOf(["unseen", testOnly, "--move", "map"], "needs a dev part");
        Assert.DoesNotContain("dev ", await Shell.OutputOf("unseen", testOnly), StringComparison.Ordinal);
    }

    private static (double Accuracy, double Loss) Scores(string json)
    {
        JsonElement shown = JsonDocument.Parse(json).RootElement;
        return (shown.GetProperty("accuracy").GetDouble(), shown.GetProperty("loss").GetDouble());
    }
}
