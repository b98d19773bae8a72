using System.Text.Json;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Jobs;

public class JobFileTests
{
    [Fact]
    public void A_file_without_stages_is_one_stage_with_the_jobs_name()
    {
        JobFile job = JobTexts.Parse(JobTexts.Cnn);

        JobStage stage = Assert.Single(job.Stages);
        Assert.Equal(("trec", "trec", "trec"), (job.Name, stage.Name, stage.Spec.Name));
        Assert.Equal(4, stage.Spec.Training.Epochs);
        Assert.Equal(":", Assert.IsType<LabelledLinesData>(stage.Spec.Data).LabelEndsAt);
        Assert.Equal(1, Assert.IsType<AdadeltaSpec>(stage.Spec.OptimizerOf("conv3")).LearningRate);
    }

    [Fact]
    public void Comments_trailing_commas_a_byte_order_mark_and_a_schema_are_allowed()
    {
        JobFile job = JobTexts.Parse("\uFEFF// a job\n" + JobTexts.Cnn.Replace("\"epochs\": 4", "/* long */ \"epochs\": 4,").Replace("{\n  \"name\"", "{ \"$schema\": \"x\",\n \"name\""));

        Assert.Equal(JobTexts.Parse(JobTexts.Cnn).ToJson(), job.ToJson());
    }

    [Fact]
    public void A_stage_is_the_top_level_with_its_own_settings_merged_in()
    {
        JobFile job = JobTexts.Parse(JobTexts.Staged);

        Assert.Equal(["vectors", "tune.1"], job.Stages.Select(stage => stage.Name));
        JobSpec vectors = job.Stages[0].Spec, tune = job.Stages[1].Spec;
        Assert.Equal(("docs", "docs"), (vectors.Name, tune.Name));
        Assert.Equal((2, 5), (vectors.Training.Epochs, tune.Training.Epochs));
        Assert.Equal((100, 100), (vectors.Training.Batch, tune.Training.Batch));
        Assert.Equal((50, "stage:vectors", "vectors"), (tune.Vectors.Dimension, tune.Vectors.File, tune.Vectors.StageName));
        Assert.IsType<BagSpec>(tune.Model);
        Assert.Equal(new SgdSpec { LearningRate = 0.1, Momentum = 0.5 }, tune.OptimizerOf("output"));
        Assert.IsType<AdamSpec>(tune.OptimizerOf("embedding"));
    }

    [Fact]
    public void An_object_that_changes_its_kind_is_replaced_as_a_whole()
    {
        JobSpec spec = JobTexts.Parse(JobTexts.Staged.Replace("\"learningRate\": 0.1 }", "\"kind\": \"adagrad\" }")).Stages[1].Spec;

        // Were it merged, momentum would be an unknown setting of adagrad and the learning rate 0.05.
        Assert.Equal(new AdaGradSpec(), spec.OptimizerOf("output"));
    }

    [Fact]
    public void Null_means_not_set()
    {
        JobFile job = JobTexts.Parse(
            JobTexts.Staged.Replace("\"training\": { \"epochs\": 5 }", "\"training\": { \"batch\": null, \"epochs\": null, \"steps\": 9 }"),
            "stages.tune.1.optimizers.embedding=null", "data.maxTokens=null");

        Assert.Equal((50, null, 9), (job.Stages[1].Spec.Training.Batch, job.Stages[1].Spec.Training.Epochs, job.Stages[1].Spec.Training.Steps));
        Assert.Equal(["default"], job.Stages[1].Spec.Optimizers.Keys);
        Assert.Null(((TextCnnSpec)JobTexts.CnnWith("model.maxNorm=null").Model).MaxNorm);
        Assert.Equal(3, ((TextCnnSpec)JobTexts.CnnWith().Model).MaxNorm);
    }

    [Fact]
    public void Labelled_jobs_with_a_dev_part_are_evaluated_every_epoch_by_default()
    {
        Assert.Equal(1, JobTexts.CnnWith().Evaluation.EveryEpochs);
        Assert.Null(JobTexts.CnnWith("evaluation.everySteps=7").Evaluation.EveryEpochs);
        Assert.Null(JobTexts.CnnWith("data.devFraction=0", "evaluation.keepBest=false").Evaluation.EveryEpochs);
        Assert.Equal([null, 1], JobTexts.Parse(JobTexts.Staged).Stages.Select(stage => stage.Spec.Evaluation.EveryEpochs));
    }

    [Fact]
    public void Settings_come_on_top_of_the_file_as_json_or_text()
    {
        JobSpec spec = JobTexts.CnnWith(
            "seed=18446744073709551615", "name=7", "data.root=a folder", "model.channels=static", "model.windows=[2,3]", "model.windows.2=7", "model.windows.0=1",
            "freeze.0.group=conv7", "freeze.0.untilStep=10", "optimizers.output={\"kind\":\"sgd\"}", "optimizers.output.learningRate=1e-3", "report.neighbors.0=word");

        Assert.Equal((ulong.MaxValue, "7", "a folder"), (spec.Seed, spec.Name, spec.Data.Root));
        var cnn = (TextCnnSpec)spec.Model;
        Assert.Equal(ChannelMode.Static, cnn.Channels);
        Assert.Equal([1, 3, 7], cnn.Windows);
        Assert.Equal(new FreezeSpec { Group = "conv7", UntilStep = 10 }, Assert.Single(spec.Freeze));
        Assert.Equal(new SgdSpec { LearningRate = 1e-3 }, spec.Optimizers["output"]);
        Assert.Equal(["word"], spec.Report.Neighbors);
    }

    [Fact]
    public void A_setting_reaches_every_stage_that_does_not_say_otherwise()
    {
        JobFile job = JobTexts.Parse(JobTexts.Staged, "seed=3", "training.epochs=9", "stages.tune.1.seed=4", "stages.vectors.model.window=2");

        Assert.Equal([3ul, 4ul], job.Stages.Select(stage => stage.Spec.Seed));
        Assert.Equal([9, 5], job.Stages.Select(stage => stage.Spec.Training.Epochs!.Value));
        Assert.Equal(2, ((CbowSpec)job.Stages[0].Spec.Model).Window);
    }

    [Fact]
    public void A_setting_that_changes_the_kind_drops_the_settings_of_the_old_kind()
    {
        static OptimizerSpec[] Default(params string[] settings) => [.. JobTexts.Parse(JobTexts.Staged, settings).Stages.Select(stage => stage.Spec.OptimizerOf("default")!)];
        var sgd = new SgdSpec { LearningRate = 0.05, Momentum = 0.5 };

        Assert.Equal([new AdaGradSpec(), new AdaGradSpec { LearningRate = 0.1 }], Default("optimizers.default.kind=adagrad"));
        Assert.Equal([sgd, new AdaGradSpec()], Default("stages.tune.1.optimizers.default.kind=adagrad"));
        Assert.Equal([sgd, new AdaGradSpec { Epsilon = 1 }], Default("stages.tune.1.optimizers.default={\"kind\":\"adagrad\",\"epsilon\":1}"));
        // The kind that a stage inherits is no change.
        Assert.Equal([sgd, sgd with { LearningRate = 0.1 }], Default("stages.tune.1.optimizers.default.kind=sgd"));
    }

    [Fact]
    public void A_setting_in_a_list_starts_from_the_list_that_counts_there()
    {
        static int[] Windows(string text, params string[] settings) => [.. ((TextCnnSpec)JobTexts.Parse(text, settings).Stages[^1].Spec.Model).Windows];
        string staged = JobTexts.Cnn.Replace("\"text-cnn\"", "\"text-cnn\", \"windows\": [1, 2]").Replace("\"training\"", "\"stages\": [{ \"name\": \"only\" }], \"training\"");

        Assert.Equal([9, 4, 5], Windows(JobTexts.Cnn, "model.windows.0=9"));
        Assert.Equal([1, 9], Windows(staged, "stages.only.model.windows.1=9"));
    }

    [Fact]
    public void The_resolved_job_holds_every_setting_and_no_comment()
    {
        string json = JobTexts.Parse("// a comment\n" + JobTexts.Cnn).ToJson();

        Assert.DoesNotContain("comment", json);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal("simple", document.RootElement.GetProperty("data").GetProperty("tokenizer").GetString());
        Assert.Equal("avx2", document.RootElement.GetProperty("training").GetProperty("instructionSet").GetString());
        Assert.Equal("constant", document.RootElement.GetProperty("optimizers").GetProperty("default").GetProperty("schedule").GetProperty("kind").GetString());
        Assert.False(document.RootElement.GetProperty("model").TryGetProperty("groups", out _));
    }

    [Theory]
    [InlineData(JobTexts.Cnn)]
    [InlineData(JobTexts.Staged)]
    public void The_resolved_job_reads_back_as_the_same_job(string text)
    {
        JobFile job = JobTexts.Parse(text);
        JobFile again = JobTexts.Parse(job.ToJson());

        Assert.Equal(job.ToJson(), again.ToJson());
        Assert.Equal(job.Fingerprint, again.Fingerprint);
        Assert.Equal(job.Stages.Select(stage => stage.Name), again.Stages.Select(stage => stage.Name));
    }

    [Fact]
    public void A_file_on_disk_is_read_and_a_missing_one_is_named()
    {
        using var folder = new TempFolder();
        string path = folder.In("job.json");
        Assert.Contains(path, Assert.Throws<InvalidInputException>(() => JobFile.Load(path)).Errors.Single().Where);
        string stored = JobTexts.Parse(JobTexts.Cnn).ToJson();
        folder.Write("job.json", stored);
        Assert.Equal(stored, JobFile.LoadStored(path, []).ToJson());
    }
}
