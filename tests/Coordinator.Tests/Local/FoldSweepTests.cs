using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Tests.Local;

public sealed class FoldSweepTests : IDisposable
{
    private static readonly string[] s_channels = ["model.channels=static,non-static"];
    private readonly ToySweep _toy = new();

    public void Dispose() => _toy.Dispose();

    private SweepPlan Plan(string[] vary, ulong[] seeds, int folds = 3, string? file = null, params string[] settings) =>
        SweepPlan.Of(_toy.Job, "toy.json", ["data.test=null", "data.dev=null", "training.epochs=1", .. settings], Variation.ParseAll(vary), seeds, new SweepFolds(folds, file));

    [Fact]
    public async Task Every_fold_is_tested_by_every_variant_and_a_sweep_that_was_stopped_ends_on_the_same_bits()
    {
        SweepPlan plan = Plan(s_channels, [1]);
        string[] runs = [.. Enumerable.Range(1, 3).SelectMany(fold => new[] { "static", "non-static" }.Select(channels => $"channels={channels},seed=1,fold={fold}"))];
        Assert.Equal(runs, plan.Runs.Select(run => run.Directory));
        var watcher = new ToySweep.Watcher();
        Assert.Equal(SweepEnd.Done, await _toy.StartAsync(plan, "whole", watcher));

        Assert.Same(watcher.Prepared[runs[0]].Data, watcher.Prepared[runs[1]].Data);
        Assert.Same(watcher.Prepared[runs[0]].Vectors, watcher.Prepared[runs[1]].Vectors);
        int[] folds = [.. File.ReadAllLines(_toy.In("whole", "folds.txt")).Select(int.Parse)];
        Assert.Equal(80, folds.Length);
        for (int fold = 1; fold <= 3; fold++)
            Assert.Equal(folds.Count(f => f == fold), RunResult.Read(_toy.In("whole", $"channels=static,seed=1,fold={fold}", "result.json")).Test!.Examples);

        var first = new ToySweep.Watcher { StopAt = (runs[3], 2) };
        Assert.Equal(SweepEnd.Interrupted, await _toy.StartAsync(plan, "parts", first));
        Assert.Equal(SweepEnd.Done, await _toy.GoOnAsync("parts", new ToySweep.Watcher()));
        Assert.Equal(_toy.Hashes("whole"), _toy.Hashes("parts"));
        Assert.Equal(6, _toy.Hashes("whole").Count);
        Assert.Equal(_toy.Table("whole"), _toy.Table("parts"));

        string table = _toy.Table("whole");
        Assert.StartsWith("Test accuracy in percent, over folds\n", table, StringComparison.Ordinal);
        double[] accuracies = [.. Enumerable.Range(1, 3).Select(fold => 100 * RunResult.Read(_toy.In("whole", $"channels=static,seed=1,fold={fold}", "result.json")).Test!.Main)];
        Assert.Contains(FormattableString.Invariant($"  static      3  {accuracies.Average():F2}  "), table, StringComparison.Ordinal);
        Assert.Contains("paired by seed and fold", table, StringComparison.Ordinal);
        Assert.Contains("Nadeau and Bengio", table, StringComparison.Ordinal);
        Assert.Equal(table.Split("\nAgainst")[0], TableOf(ComparedRuns.OfRuns([.. runs.Select(run => _toy.In("whole", run))], [])).Split("\n\nSettings")[0] + "\n");

        SweepRun other = Plan(s_channels, [1], 3, null, "cluster.workers=3", "cluster.shards=2").Runs[4];
        RunResult wider = await new TrainingJob(other.Job, RunDirectory.CreateAt(_toy.In("wider")), new ToySweep.Watcher()).RunAsync(false, null, default);
        Assert.Equal(_toy.Hashes("whole")[other.Directory], wider.TableHash);

        // With other folds than it began with a sweep would test examples twice.
        File.WriteAllLines(_toy.In("train.txt"), File.ReadAllLines(_toy.In("train.txt")).Take(79));
        await Refused(() => _toy.GoOnAsync("whole", new ToySweep.Watcher(), [1, 2]), "folds.txt", "other folds");
    }

    [Fact]
    public async Task Folds_whose_words_are_those_of_all_parts_share_their_vectors()
    {
        var watcher = new ToySweep.Watcher();
        await _toy.StartAsync(Plan([], [1], 2, null, "data.vocabulary=all-parts"), "sweep", watcher);
        Assert.Equal(2, watcher.Prepared.Values.Select(p => p.Data).Distinct(ReferenceEqualityComparer.Instance).Count());
        Assert.Single(watcher.Prepared.Values.Select(p => p.Vectors).Distinct(ReferenceEqualityComparer.Instance));
    }

    [Fact]
    public async Task Folds_of_a_file_and_more_seeds()
    {
        int[] given = [.. Enumerable.Range(0, 80).Select(i => (i / 2 % 2) + 1)];
        File.WriteAllLines(_toy.In("mine.txt"), given.Select(fold => $"{fold}"));
        await _toy.StartAsync(Plan([], [1], 2, _toy.In("mine.txt")), "sweep");
        Assert.Equal(SweepEnd.Done, await _toy.GoOnAsync("sweep", new ToySweep.Watcher(), [1, 2]));
        Assert.Equal(["seed=1,fold=1", "seed=1,fold=2", "seed=2,fold=1", "seed=2,fold=2"], _toy.Hashes("sweep").Keys);
        Assert.Equal(given, File.ReadAllLines(_toy.In("sweep", "folds.txt")).Select(int.Parse));
        Assert.StartsWith("Test accuracy in percent, over folds of 2 seeds\n", _toy.Table("sweep"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_cut_into_folds_is_refused_before_anything_is_written()
    {
        InvalidInputException refused = Assert.Throws<InvalidInputException>(() => SweepPlan.Of(_toy.Job, "toy.json", [], [], [1], new SweepFolds(3, null)));
        Assert.Contains("--folds data.fold.of: makes a fold the test part, and there is a test file.", refused.Message, StringComparison.Ordinal);
        await Refused(() => _toy.StartAsync(Plan([], [1], 81), "sweep"), "data.fold.of", "makes 81 folds of the 80 training examples");
        await Refused(() => _toy.StartAsync(Plan([], [1], 3, _toy.In("nix.txt")), "sweep"), "data.fold.file", "There is no file");
        Assert.Contains("would have no effect", Assert.Throws<InvalidInputException>(() => Plan(["data.fold.index=1,2"], [1])).Message, StringComparison.Ordinal);
        File.WriteAllLines(_toy.In("less.txt"), File.ReadAllLines(_toy.In("train.txt")).Take(70));
        await Refused(() => _toy.StartAsync(Plan(["data.train=train.txt,less.txt"], [1]), "sweep"), "--folds", "cannot be compared fold by fold");
        Assert.False(Directory.Exists(_toy.In("sweep")));
    }

    [Fact]
    public void Stages_with_labels_have_folds_and_others_are_left_alone()
    {
        const string Staged = """
            {
              "name": "toy",
              "data": { "format": "plain-text", "files": ["text.txt"] },
              "vectors": { "dimension": 4 },
              "model": { "kind": "cbow" },
              "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
              "training": { "batch": 10, "epochs": 2 },
              "stages": [ { "name": "a" }, { "name": "b", "model": { "kind": "bag" }, "data": { "format": "labelled-lines", "train": "train.txt" } } ]
            }
            """;
        SweepPlan plan = SweepPlan.Of(Staged, "toy.json", [], [], [1], new SweepFolds(2, null));
        Assert.Equal([1, 2], plan.Runs.Select(run => ((LabelledData)run.Job.Stages[1].Spec.Data).Fold!.Index));
        string words = Staged[..Staged.IndexOf(", { \"name\": \"b\"", StringComparison.Ordinal)] + " ] }";
        Assert.Contains("no stage with labelled text", Assert.Throws<InvalidInputException>(() => SweepPlan.Of(words, "toy.json", [], [], [1], new SweepFolds(2, null))).Message, StringComparison.Ordinal);
    }

    private static string TableOf(ComparedRuns compared)
    {
        using var written = new StringWriter();
        ComparisonTable.Write(RunComparison.Of(compared.Runs), compared, written);
        return written.ToString();
    }

    private static async Task Refused(Func<Task> action, params string[] why)
    {
        string message = (await Assert.ThrowsAsync<InvalidInputException>(action)).Message;
        Assert.All(why, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
