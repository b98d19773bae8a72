using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>Cbow and skip-gram that go on from what a run left: words that it had are held, new ones are learnt.</summary>
public class ContinuedVectorsTests
{
    [Theory]
    [InlineData("cbow", RuleState.Frozen)]
    [InlineData("skip-gram", RuleState.Frozen)]
    [InlineData("skip-gram", RuleState.Anchored)]
    public async Task Words_of_an_earlier_run_are_held_and_new_ones_move(string kind, RuleState state)
    {
        using var folder = new TempFolder();
        string before = await FirstRun(folder, Model(kind));
        JobSpec job = Toy.Words(Model(kind)) with
        {
            Vectors = new VectorsSpec { File = Path.Combine(before, "vectors.bin"), ContextFile = Path.Combine(before, "context.bin") },
        };
        var rule = new PhaseRuleSpec { Group = "embedding", Rows = new RowSelectorSpec { Pretrained = true }, State = state, Strength = state == RuleState.Anchored ? 0.5 : null };
        PreparedStage stage = Toy.Prepare(job with { Phases = [new PhaseSpec { Rules = [rule] }] });
        RunOutcome outcome = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 2, 2), folder.Checkpoints);
        Assert.Equal(new ReferenceTrainer(stage).Train(), outcome.TableHashes);

        (int old, int @new) = (0, 0);
        float[][] first = Rows(stage, "embedding", null), last = Rows(stage, "embedding", folder), free = await TrainedRows(Toy.Prepare(job));
        for (int row = WordVocabulary.FirstWordRow; row < first.Length; row++)
        {
            bool isOld = Array.BinarySearch(stage.Vectors!.Rows, row) >= 0, same = first[row].AsSpan().SequenceEqual(last[row]);
            (old, @new) = (old + (isOld ? 1 : 0), @new + (isOld ? 0 : 1));
            Assert.Equal(isOld && state == RuleState.Frozen, same);
            if (isOld && state == RuleState.Anchored)
                Assert.True(Distance(first[row], last[row]) < Distance(first[row], free[row]), $"{stage.Data.Vocabulary.Word(row)} went further than without an anchor");
        }

        Assert.InRange(old, 20, 200);
        Assert.InRange(@new, 5, 200);
    }

    [Fact]
    public async Task Output_vectors_start_from_those_of_the_run_and_those_of_new_words_at_zero()
    {
        using var folder = new TempFolder();
        string before = await FirstRun(folder, Model("skip-gram"));
        PreparedStage stage = Toy.Prepare(Toy.Words(Model("skip-gram")) with
        {
            Vectors = new VectorsSpec { File = Path.Combine(before, "vectors.bin"), ContextFile = Path.Combine(before, "context.bin") },
        });
        using TrainedRun left = TrainedRun.Open(before);
        float[] output = left.ReadRows("context", 0, left.Vocabulary.Rows);
        float[][] first = Rows(stage, "context", null);
        for (int row = WordVocabulary.FirstWordRow; row < first.Length; row++)
        {
            if (left.Vocabulary.TryRowOf(stage.Data.Vocabulary.Word(row), out int then))
                Assert.Equal(output[(then * 12)..((then + 1) * 12)], first[row]);
            else
                Assert.All(first[row], value => Assert.Equal(0, value));
        }

        Assert.Contains(output, value => value != 0);
        Assert.NotEqual(
            await LocalRun.HashOf(stage, 1, 1), await LocalRun.HashOf(stage with { Vectors = stage.Vectors! with { Context = null } }, 1, 1));
    }

    [Fact]
    public async Task A_later_stage_takes_both_tables_of_an_earlier_one_and_resumes_to_the_same_bits()
    {
        using var folder = new TempFolder();
        JobSpec words = Toy.Words(Model("skip-gram"));
        JobFile job = JobFile.Parse(JobFile.Of(new JobStage("both", words)).ToJson(), "job.json",
            ["stages=[{\"name\":\"first\",\"data\":{\"minCount\":20}},{\"name\":\"second\",\"vectors\":{\"file\":\"stage:first\",\"contextFile\":\"stage:first\"}}]"]);
        string run = folder.In("run");
        RunResult whole = await new TrainingJob(job, RunDirectory.CreateAt(run), new Silent()).RunAsync(resume: false, null, CancellationToken.None).WaitAsync(LocalRun.Deadline);
        PreparedStage second = LocalRun.Prepare(words with { Vectors = new VectorsSpec { File = Path.Combine(run, "stages", "first", "vectors.bin"), ContextFile = Path.Combine(run, "stages", "first", "context.bin") } });
        Assert.Equal(await LocalRun.HashOf(second, 3, 1), whole.Stages!["second"].TableHash);

        using TrainedRun initial = TrainedRun.OpenInitial(run, "second");
        Assert.Equal(Rows(second, "context", null).SelectMany(row => row), initial.ReadRows("context", 0, initial.Vocabulary.Rows));
    }

    [Fact]
    public async Task Output_vectors_of_another_dimension_are_refused()
    {
        using var folder = new TempFolder();
        string before = await FirstRun(folder, Model("cbow"));
        VectorWriter.Write(folder.In("short.txt"), VectorFormat.Word2VecText, 3, 1, [("shared1", (ReadOnlyMemory<float>)new float[3])]);
        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => Toy.Prepare(Toy.Words(Model("cbow")) with
        {
            Vectors = new VectorsSpec { File = Path.Combine(before, "vectors.bin"), ContextFile = folder.In("short.txt") },
        })).Errors);
        Assert.Equal((folder.In("short.txt"), true), (error.Where, error.What.Contains("have 3 numbers each", StringComparison.Ordinal)));
    }

    private static Word2VecSpec Model(string kind) => kind == "cbow" ? new CbowSpec { Window = 3 } : new SkipGramSpec { Window = 3 };

    // Rarer words are left out, so that the next run has new ones.
    private static async Task<string> FirstRun(TempFolder folder, ModelSpec model)
    {
        JobSpec words = Toy.Words(model);
        JobSpec first = words with { Data = words.Data with { MinCount = 20 } };
        string run = folder.In("first");
        await new TrainingJob(JobFile.Of(new JobStage("first", first with { Training = first.Training with { InstructionSet = LocalRun.Instructions } })), RunDirectory.CreateAt(run), new Silent())
            .RunAsync(resume: false, null, CancellationToken.None).WaitAsync(LocalRun.Deadline);
        return run;
    }

    private static async Task<float[][]> TrainedRows(PreparedStage stage)
    {
        using var folder = new TempFolder();
        await LocalRun.Run(stage, LocalRun.PlanOf(stage, 1, 1), folder.Checkpoints);
        return Rows(stage, "embedding", folder);
    }

    private static float[][] Rows(PreparedStage stage, string table, TempFolder? at)
    {
        var rows = new float[stage.Data.Vocabulary.Rows][];
        StageRows all = StageRows.Of(stage);
        FirstRows first = all.First(table);
        for (int row = 0; row < rows.Length; row++)
            first.Read(row, rows[row] = new float[first.Table.Dimension]);
        if (at is null)
            return rows;
        using CheckpointRows written = CheckpointRows.Open(at.Checkpoints.List().OrderBy(entry => entry.Step).Last());
        written.Scan(first, all.Plans(written.Manifest.Resume.Changes), (row, values) => rows[row] = values.ToArray());
        return rows;
    }

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow((double)x - y, 2)).Sum());
}
