using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class JobFingerprintTests
{
    [Theory]
    [InlineData("name=other")]
    [InlineData("cluster.workers=7")]
    [InlineData("cluster.rowCacheMegabytes=0")]
    [InlineData("training.wire=full")]
    [InlineData("report.tensorBoard=false")]
    [InlineData("report.drift=false")]
    [InlineData("report.html=false")]
    [InlineData("checkpoints.everySteps=7")]
    [InlineData("data.root=elsewhere")]
    [InlineData("data.fold=null")]
    [InlineData("data.badBytes=refuse")]
    [InlineData("data.normalization=none")]
    [InlineData("data.emptyText=refuse")]
    [InlineData("vectors.contextFile=null")]
    [InlineData("evaluation.everyEpochs=1")]
    [InlineData("evaluation.probes=[{\"pairs\":\"ws353.txt\"}]")]
    public void What_changes_no_bit_of_the_result_is_not_in_it(string setting) =>
        Assert.Equal(JobFingerprint.Of(JobTexts.CnnWith()), JobFingerprint.Of(JobTexts.CnnWith(setting)));

    [Theory]
    [InlineData("seed=2")]
    [InlineData("data.labelEndsAt=null")]
    [InlineData("data.badBytes=skip-record")]
    [InlineData("data.normalization=nfc")]
    [InlineData("data.emptyText=keep")]
    [InlineData("data.fold={\"of\":10,\"index\":3}")]
    [InlineData("data.vocabulary=all-parts")]
    [InlineData("vectors.range=0.5")]
    [InlineData("model.maxNorm=null")]
    [InlineData("optimizers.default.schedule.kind=linear")]
    [InlineData("freeze=[{\"group\":\"conv3\"}]")]
    [InlineData("training.slices=3")]
    [InlineData("training.torchThreads=2")]
    [InlineData("training.wire=half")]
    [InlineData("evaluation.keepBest=false")]
    public void What_decides_the_result_is_in_it(string setting) =>
        Assert.NotEqual(JobFingerprint.Of(JobTexts.CnnWith()), JobFingerprint.Of(JobTexts.CnnWith(setting)));

    [Fact]
    public void Quotes_are_in_it_as_they_are_where_the_job_does_not_say()
    {
        static string Of(string train, string more = "") => JobFingerprint.Settings(JobTexts.CnnWith($"data={{\"format\":\"delimited\",\"train\":\"{train}\"{more}}}"))["data.quotes"];
        Assert.Equal("true", Of("a.csv"));
        Assert.Equal("false", Of("a.tsv.gz"));
        Assert.Equal("false", Of("a.csv", ",\"separator\":\"tab\""));
        Assert.Equal("true", Of("a.tsv", ",\"quotes\":true"));
    }

    [Fact]
    public void A_word2vec_jobs_output_and_phrases_are_in_it_where_they_are_not_the_usual()
    {
        static string Of(string model, string data) => JobFingerprint.Of(JobTexts.CnnWith(
            "model={\"kind\":\"cbow\"" + model + "}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]" + data + "}"));
        string usual = Of("", "");
        Assert.Equal(usual, Of(",\"output\":\"negative-sampling\"", ",\"phrases\":null"));
        Assert.NotEqual(usual, Of(",\"output\":\"hierarchical-softmax\"", ""));
        Assert.NotEqual(usual, Of("", ",\"phrases\":{}"));
        Assert.NotEqual(Of("", ",\"phrases\":{\"thresholds\":[200,100]}"), Of("", ",\"phrases\":{\"thresholds\":[200,50]}"));
    }

    [Fact]
    public void What_a_rule_does_not_say_about_rows_is_not_in_it_so_that_older_checkpoints_stay_good()
    {
        const string Phases = """phases=[{"rules":[{"group":"embedding","state":"frozen"}],"until":{"step":3}},{"rules":[{"group":"conv3","state":"capped","radius":0.5}]}]""";
        string phases = JobFingerprint.Settings(JobTexts.CnnWith(Phases))["phases"];
        Assert.Contains("""[{"group":"embedding","state":"frozen","factor":1,"warmupSteps":0,"warmup":"linear"}]""", phases, StringComparison.Ordinal);
        Assert.Contains("""[{"group":"conv3","state":"capped","factor":1,"radius":0.5,"warmupSteps":0,"warmup":"linear"}]""", phases, StringComparison.Ordinal);
    }

    [Fact]
    public void The_vocabulary_of_all_parts_is_not_in_it_since_it_is_that_of_older_checkpoints()
    {
        Assert.Equal("\"train\"", JobFingerprint.Settings(JobTexts.CnnWith())["data.vocabulary"]);
        Assert.DoesNotContain("data.vocabulary", JobFingerprint.Settings(JobTexts.CnnWith("data.vocabulary=all-parts")).Keys);
        Assert.DoesNotContain("data.vocabulary", JobFingerprint.Settings(JobTexts.CnnWith("data={\"format\":\"dotnet-docs\",\"labelled\":false}", "model={\"kind\":\"cbow\"}")).Keys);
    }

    [Fact]
    public void A_fold_is_in_it_with_its_number() =>
        Assert.NotEqual(JobFingerprint.Of(JobTexts.CnnWith("data.fold={\"of\":10,\"index\":3}")), JobFingerprint.Of(JobTexts.CnnWith("data.fold={\"of\":10,\"index\":4}")));

    [Fact]
    public void The_order_of_optimizers_decides_nothing()
    {
        string one = "optimizers={\"conv3\":{\"kind\":\"sgd\"},\"conv4\":{\"kind\":\"adam\"}}", two = "optimizers={\"conv4\":{\"kind\":\"adam\"},\"conv3\":{\"kind\":\"sgd\"}}";

        Assert.Equal(JobFingerprint.Of(JobTexts.CnnWith(one)), JobFingerprint.Of(JobTexts.CnnWith(two)));
    }

    [Fact]
    public void A_change_of_an_earlier_stage_changes_the_jobs_fingerprint_but_not_the_later_stages()
    {
        JobFile job = JobTexts.Parse(JobTexts.Staged), other = JobTexts.Parse(JobTexts.Staged, "stages.vectors.seed=9");

        Assert.NotEqual(job.Fingerprint, other.Fingerprint);
        Assert.Equal(JobFingerprint.Of(job.Stages[1].Spec), JobFingerprint.Of(other.Stages[1].Spec));
    }

    [Fact]
    public void Differences_name_the_settings_that_decide_otherwise()
    {
        JobSpec stored = JobTexts.CnnWith(), given = JobTexts.CnnWith("training.batch=64", "cluster.workers=9", "data.maxTokens=5");

        Assert.Equal(["data.maxTokens: not set, here 5", "training.batch: 50, here 64"], JobFingerprint.Differences(stored, given));
        Assert.Empty(JobFingerprint.Differences(stored, stored));
    }
}
