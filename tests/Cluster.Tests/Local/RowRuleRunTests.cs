using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>Rules for some rows of a table in real runs, row by row and step by step against what a reader of the job expects.</summary>
public class RowRuleRunTests
{
    private const int Steps = 14, Second = 8;

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private static readonly Dictionary<string, Case> s_cases = new()
    {
        ["pretrained"] = new(Freeze(new RowSelectorSpec { Pretrained = true }), (w, step) => w.Pretrained),
        ["not pretrained"] = new(Freeze(new RowSelectorSpec { Pretrained = false }), (w, step) => !w.Pretrained),
        ["rank"] = new(Freeze(new RowSelectorSpec { FromRank = 3, ToRank = 20 }), (w, step) => w.Rank is >= 3 and <= 20),
        ["count"] = new(Freeze(new RowSelectorSpec { FromCount = 7, ToCount = 16 }), (w, step) => w.Count is >= 7 and <= 16),
        ["words"] = new(Freeze(new RowSelectorSpec { Words = ["shared5", "own0x2"] }), (w, step) => w.Text is "shared5" or "own0x2"),
        ["file"] = new(Freeze(new RowSelectorSpec { File = "words.txt" }), (w, step) => w.Text is "shared3" or "own1x2" or "shared30"),
        ["pattern"] = new(Freeze(new RowSelectorSpec { Pattern = "^own[02]" }), (w, step) => w.Text.StartsWith("own0", StringComparison.Ordinal) || w.Text.StartsWith("own2", StringComparison.Ordinal)),
        ["several at once"] = new(Freeze(new RowSelectorSpec { Pretrained = true, ToRank = 40 }), (w, step) => w.Pretrained && w.Rank <= 40),
        // A later rule wins; the phases cut the words differently.
        ["overlapping"] = new(job => job with
        {
            Phases =
            [
                new PhaseSpec
                {
                    Rules =
                    [
                        Rule(RuleState.Frozen), Rule(RuleState.Tuned, new RowSelectorSpec { Pattern = "own" }) with { Factor = 0.5, WarmupSteps = 3 },
                        Rule(RuleState.Frozen, new RowSelectorSpec { Words = ["own0x0", "own1x1"] }),
                    ],
                    Until = new PhaseEndSpec { Step = Second - 1 },
                },
                new PhaseSpec { Rules = [Rule(RuleState.Frozen, new RowSelectorSpec { Pretrained = false })] },
            ],
        }, (w, step) => step < Second ? !w.Text.Contains("own", StringComparison.Ordinal) || w.Text is "own0x0" or "own1x1" : !w.Pretrained),
        ["oov-only"] = new(job => job with { Recipe = new OovOnlyRecipe() }, (w, step) => w.Pretrained),
        ["frequent-first"] = new(job => job with { Recipe = new FrequentFirstRecipe { Words = 12, Epochs = 1, Factor = 0.3 } }, (w, step) => step < Second && w.Rank > 12),
        ["multichannel"] = new(job => job with { Model = Toy.Cnn with { Channels = ChannelMode.Multichannel }, Recipe = new OovOnlyRecipe() }, (w, step) => w.Pretrained),
        ["with momentum and decay"] = new(
            job => Toy.WithManyOptimizers(job) with { Freeze = [], Phases = [new PhaseSpec { Rules = [Rule(RuleState.Frozen, new RowSelectorSpec { Pretrained = true })] }] },
            (w, step) => w.Pretrained),
        ["anchored"] = new(job => job with { Recipe = new AnchoredRecipe { Strength = 0.5 } }, (w, step) => false),
        ["anchored, exact"] = new(job => job with
        {
            Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new AdadeltaSpec { Untouched = UntouchedRows.Exact } },
            Recipe = new AnchoredRecipe { Strength = 0.05 },
        }, (w, step) => false),
        ["capped"] = new(job => job with { Phases = [new PhaseSpec { Rules = [Rule(RuleState.Capped) with { Radius = 0.2 }] }] }, (w, step) => false) { RadiusFrom = (1, 0.2) },
        // Rows that were free come back when the second phase begins, also those that it does not touch.
        ["capped later"] = new(job => job with
        {
            Phases =
            [
                new PhaseSpec { Until = new PhaseEndSpec { Step = Second - 1 } },
                new PhaseSpec { Rules = [Rule(RuleState.Capped, new RowSelectorSpec { FromRank = 1 }) with { Radius = 0.1 }] },
            ],
        }, (w, step) => false)
        { RadiusFrom = (Second, 0.1) },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Rows_do_what_the_last_rule_about_them_says(string name)
    {
        Case tested = s_cases[name];
        JobSpec job = Toy.Job(Toy.Cnn);
        PreparedStage stage = Toy.Prepare(tested.Change(job with
        {
            Training = job.Training with { Steps = Steps },
            Evaluation = job.Evaluation with { KeepBest = false },
            Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 100 },
        }));
        using var folder = new TempFolder();
        RunOutcome outcome = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 1, 1), folder.Checkpoints);
        Assert.Equal(new ReferenceTrainer(stage).Train(), outcome.TableHashes);

        CheckpointEntry[] entries = [.. folder.Checkpoints.List().OrderBy(entry => entry.Step)];
        float[][] before = Rows(stage, null), first = before;
        int moved = 0, kept = 0;
        for (int step = 1; step <= Steps; step++)
        {
            float[][] now = Rows(stage, entries[step - 1]);
            for (int row = 0; row < now.Length; row++)
            {
                bool same = before[row].AsSpan().SequenceEqual(now[row]);
                bool frozen = row == WordVocabulary.PaddingRow || tested.IsFrozen(Word.Of(stage, row), step);
                Assert.True(same || !frozen, $"step {step} changed {stage.Data.Vocabulary.Word(row)}");
                (moved, kept) = (moved + (same ? 0 : 1), kept + (frozen && row > 0 ? 1 : 0));
                if (step >= tested.RadiusFrom.Step && row > 0)
                    Assert.InRange(Math.Sqrt(now[row].Zip(first[row], (a, b) => Math.Pow((double)a - b, 2)).Sum()), 0, tested.RadiusFrom.Radius);
            }

            before = now;
        }

        Assert.True(moved > 100, $"{moved} rows moved");
        Assert.Equal(name.StartsWith("anchored", StringComparison.Ordinal) || name.StartsWith("capped", StringComparison.Ordinal), kept == 0);

        string hash = TableHash.Of(outcome.TableHashes);
        Assert.Equal(hash, await LocalRun.HashOf(stage, 3, 2));
        using var spread = new TempFolder();
        CheckpointManifest from = entries[Second - 3].ReadManifest();
        RunOutcome resumed = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 2, 3, from), folder.Checkpoints);
        Assert.Equal(hash, TableHash.Of(resumed.TableHashes));
    }

    [Fact]
    public async Task Frozen_rows_are_not_pushed_and_after_the_first_epoch_not_pulled()
    {
        JobSpec job = Toy.Job(Toy.Cnn);
        PreparedStage stage = Toy.Prepare(job with { Training = job.Training with { Steps = 21 }, Evaluation = new EvaluationSpec { KeepBest = false }, Recipe = new OovOnlyRecipe() });
        var steps = new List<SettledStep>();
        using var folder = new TempFolder();
        RunOutcome outcome = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 1, 2), folder.Checkpoints, happened =>
        {
            if (happened is RunEvent.Settled settled)
                steps.Add(settled.Step);
        });
        long dense = stage.Job.Training.Slices * stage.Tables.Where(t => t.Group != "embedding").Sum(t => (long)t.Rows);
        foreach (SettledStep step in steps)
        {
            long tuned = 0, frozen = 0;
            for (int slice = 0; slice < stage.Batches.Slices; slice++)
            {
                int[] rows = [.. stage.Batches.Examples(step.Step, slice).ToArray().SelectMany(example => stage.Data.Train.Tokens(example).ToArray()).Distinct().Where(row => row > 0)];
                tuned += rows.Count(row => !Word.Of(stage, row).Pretrained);
                frozen += rows.Count(row => Word.Of(stage, row).Pretrained);
            }

            // Short sentences are padded, and the padding row's gradient is pushed as any other.
            Assert.InRange(step.Traffic.RowsPushed, dense + tuned, dense + tuned + stage.Batches.Slices);
            Assert.True(frozen > 0);
            if (step.Step > stage.Facts.StepsPerEpoch)
                Assert.InRange(step.Traffic.RowsPulled, 0, dense + tuned + stage.Batches.Slices);
        }

        Assert.Equal(new ReferenceTrainer(stage).Train(), outcome.TableHashes);
    }

    [Theory]
    [InlineData("cbow", "embedding")]
    [InlineData("cbow", "context")]
    [InlineData("glove", "embedding")]
    [InlineData("glove", "context")]
    public async Task Words_of_both_tables_can_be_named(string kind, string group)
    {
        // Few blocks, so that the steps go through all of them.
        JobSpec job = kind == "cbow" ? Toy.Words(new CbowSpec { Window = 2, Negatives = 3 }) : Toy.Words(new GloVeSpec { Window = 2 });
        if (kind == "glove")
            job = job with { Training = job.Training with { Batch = 2000 } };
        PreparedStage stage = Toy.Prepare(job with { Phases = [new PhaseSpec { Rules = [Rule(RuleState.Frozen, new RowSelectorSpec { ToRank = 10 }) with { Group = group }] }] });
        using var folder = new TempFolder();
        RunOutcome outcome = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 2, 2), folder.Checkpoints);
        Assert.Equal(new ReferenceTrainer(stage).Train(), outcome.TableHashes);
        float[][] first = Rows(stage, null, group), last = Rows(stage, folder.Checkpoints.List().OrderBy(entry => entry.Step).Last(), group);
        for (int row = WordVocabulary.FirstWordRow; row < first.Length; row++)
            Assert.Equal(row < WordVocabulary.FirstWordRow + 10, first[row].AsSpan().SequenceEqual(last[row]));
        float[][] otherFirst = Rows(stage, null, Other(group)), otherLast = Rows(stage, folder.Checkpoints.List().OrderBy(entry => entry.Step).Last(), Other(group));
        Assert.DoesNotContain(Enumerable.Range(WordVocabulary.FirstWordRow, 10), row => otherFirst[row].AsSpan().SequenceEqual(otherLast[row]));

        static string Other(string group) => group == "embedding" ? "context" : "embedding";
    }

    private static float[][] Rows(PreparedStage stage, CheckpointEntry? entry, string table = "embedding")
    {
        var rows = new float[stage.Data.Vocabulary.Rows][];
        StageRows all = StageRows.Of(stage);
        FirstRows first = all.First(table);
        if (entry is null)
        {
            for (int row = 0; row < rows.Length; row++)
                first.Read(row, rows[row] = new float[first.Table.Dimension]);
            return rows;
        }

        using CheckpointRows written = CheckpointRows.Open(entry);
        written.Scan(first, all.Plans(written.Manifest.Resume.Changes), (row, values) => rows[row] = values.ToArray());
        return rows;
    }

    private static Func<JobSpec, JobSpec> Freeze(RowSelectorSpec rows) => job => job with { Phases = [new PhaseSpec { Rules = [Rule(RuleState.Frozen, rows)] }] };

    private static PhaseRuleSpec Rule(RuleState state, RowSelectorSpec? rows = null) => new() { Group = "embedding", State = state, Rows = rows };

    /// <summary>A job and what it has to do: whether a step leaves a word's row as it is, and from which step on no row is further than a radius from its start.</summary>
    private sealed record Case(Func<JobSpec, JobSpec> Change, Func<Word, int, bool> IsFrozen)
    {
        public (int Step, double Radius) RadiusFrom { get; init; } = (int.MaxValue, 0);
    }

    private readonly record struct Word(string Text, int Rank, long Count, bool Pretrained)
    {
        public static Word Of(PreparedStage stage, int row) => new(
            stage.Data.Vocabulary.Word(row), row < WordVocabulary.FirstWordRow ? int.MaxValue / 2 : row - WordVocabulary.FirstWordRow + 1,
            row < WordVocabulary.FirstWordRow ? -1 : stage.Data.Vocabulary.Count(row), stage.Vectors?.Rows.Contains(row) == true);
    }
}
