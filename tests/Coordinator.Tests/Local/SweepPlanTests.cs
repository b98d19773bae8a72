using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Tests.Local;

public class SweepPlanTests
{
    private const string Job = """
        {
          "name": "toy",
          "data": { "format": "labelled-lines", "train": "train.txt", "dev": "dev.txt" },
          "vectors": { "dimension": 4 },
          "model": { "kind": "bag" },
          "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
          "training": { "batch": 10, "epochs": 2 },
          "stages": [ { "name": "a" }, { "name": "b", "training": { "epochs": 3 } } ]
        }
        """;

    [Fact]
    public void Every_combination_is_run_with_every_seed()
    {
        SweepPlan plan = Plan(["stages.b.training.epochs=4,5", "training.batch=10,20"], [3, 1]);
        Assert.Equal(
            [
                "epochs=4,batch=10,seed=3", "epochs=4,batch=20,seed=3", "epochs=5,batch=10,seed=3", "epochs=5,batch=20,seed=3",
                "epochs=4,batch=10,seed=1", "epochs=4,batch=20,seed=1", "epochs=5,batch=10,seed=1", "epochs=5,batch=20,seed=1",
            ],
            plan.Runs.Select(run => run.Directory));
        foreach (SweepRun run in plan.Runs)
        {
            Assert.All(run.Job.Stages, stage => Assert.Equal(run.Seed, stage.Spec.Seed));
            Assert.Equal(run.Directory[..17], $"epochs={run.Job.Stages[1].Spec.Training.Epochs},batch={run.Job.Stages[0].Spec.Training.Batch}");
            Assert.Equal(2, run.Job.Stages[0].Spec.Training.Epochs);
        }
    }

    [Fact]
    public void Names_are_fit_for_directories_and_never_alike()
    {
        SweepPlan plan = Plan(
            [
                """optimizers.default=[{"kind":"adagrad","learningRate":0.1},{"kind":"sgd","learningRate":5}]""", "stages.a.training.epochs=7,8", "stages.b.training.epochs=7,8",
                """data.train=["a/b c.txt","a\\b/c.txt","ü","../.."]""",
            ], [1]);
        string[] names = [.. plan.Variants.Take(4).Select(v => v.Name), plan.Variants[^1].Name];
        Assert.Equal(
            [
                "default=kind-adagrad-learningRate-0.1,stages.a.training.epochs=7,stages.b.training.epochs=7,train=a-b-c.txt-1",
                "default=kind-adagrad-learningRate-0.1,stages.a.training.epochs=7,stages.b.training.epochs=7,train=a-b-c.txt-2",
                "default=kind-adagrad-learningRate-0.1,stages.a.training.epochs=7,stages.b.training.epochs=7,train=3",
                "default=kind-adagrad-learningRate-0.1,stages.a.training.epochs=7,stages.b.training.epochs=7,train=4",
                "default=kind-sgd-learningRate-5,stages.a.training.epochs=8,stages.b.training.epochs=8,train=4",
            ], names);
        Assert.Equal(plan.Runs.Count, plan.Runs.Select(run => run.Directory.ToUpperInvariant()).Distinct().Count());
    }

    [Fact]
    public void All_errors_of_all_variants_are_told_once_with_the_option_or_the_variants_that_have_them()
    {
        InvalidInputException refused = Assert.Throws<InvalidInputException>(() =>
            Plan(["model.kind=bag,cbow,text-cn", "training.batch=10,0"], [1], "checkpoints.keep=0"));
        Assert.Equal(
            [
                "--set checkpoints.keep",
                "--vary training.batch",
                "toy.json:3 data.format (kind=cbow,batch=10; kind=cbow,batch=0)",
                "--vary model.kind",
            ],
            refused.Errors.Select(e => e.Where));
    }

    [Fact]
    public void What_would_compare_nothing_is_refused()
    {
        Refused(() => Plan(["cluster.workers=1,2"], [1]), "workers=1 and workers=2 compute the same, to the bit.");
        Refused(() => Plan(["training.torchThreads=1,2"], [1]), "a process computes with one of each only");
        Refused(() => Plan([], [1], "seed=4"), "Use --seeds.");
        Refused(() => SweepPlan.Of(Job.Replace("""{ "name": "a" }, { "name": "b",""", """{ "name": "a", "seed": 1 }, { "name": "b", "seed": 2,""", StringComparison.Ordinal), "toy.json", [], [], [1]),
            "--seeds seed: has no effect: every stage sets it. Leave the seed out of the job's stages.");
        string many = $"training.batch={string.Join(',', Enumerable.Range(1, 101))}";
        Refused(() => Plan([many], [.. Enumerable.Range(1, 100).Select(i => (ulong)i)]), "makes 10100 runs with 100 seeds");
    }

    private static SweepPlan Plan(string[] vary, ulong[] seeds, params string[] settings) => SweepPlan.Of(Job, "toy.json", settings, Variation.ParseAll(vary), seeds);

    private static void Refused(Action plan, string why) => Assert.Contains(why, Assert.Throws<InvalidInputException>(plan).Message, StringComparison.Ordinal);
}
