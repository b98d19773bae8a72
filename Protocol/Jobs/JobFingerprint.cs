using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistEmbed.Protocol.Jobs.Settings;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// Which result a job leads to, as far as settings decide it; a checkpoint of another job is refused by it.
/// <para>
/// In it: seed, data (except root), vectors, model, optimizers, freeze, phases, recipe, thaw, training and evaluation (which decides the weights that are kept and when training
/// stops), with all defaults written out. Not in it: name, cluster, report, checkpoints and <c>evaluation.probes</c>, which change no bit of a sync run's result, and
/// <c>data.root</c>, so that the data may move. Not in it either: the content of files, which the corpus and the vocabulary have fingerprints of their own for; of files of words
/// that row selectors name a run keeps which rows they met.
/// </para>
/// </summary>
public static class JobFingerprint
{
    private static readonly string[] s_ofRows = ["rows", "strength", "radius"];

    /// <summary>The fingerprint of a stage: SHA-256 in lower-case hex.</summary>
    public static string Of(JobSpec spec) => Hash(Deciding(spec).ToJsonString());

    /// <summary>The fingerprint of stages in order: SHA-256 in lower-case hex over their names and fingerprints.</summary>
    public static string Of(IReadOnlyList<JobStage> stages) => Hash(string.Concat(stages.Select(stage => $"{stage.Name} {Of(stage.Spec)}\n")));

    /// <summary>Why two fingerprints differ: a line for each deciding setting, such as <c>training.batch: 50, here 64</c>.</summary>
    /// <param name="stored">The job that a checkpoint was written by.</param>
    /// <param name="given">The job at hand.</param>
    public static IReadOnlyList<string> Differences(JobSpec stored, JobSpec given)
    {
        var lines = new List<string>();
        Compare("", Deciding(stored), Deciding(given), lines);
        return lines;
    }

    /// <summary>
    /// The deciding settings one by one: path, such as <c>training.batch</c>, and value as JSON; lists are one value. What is not set is left out.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Settings(JobSpec spec)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        void Add(string path, JsonNode? node)
        {
            if (node is JsonObject inner)
            {
                foreach ((string key, JsonNode? value) in inner)
                    Add(SettingPath.Join(path, key), value);
            }
            else if (node is not null)
            {
                settings.Add(path, node.ToJsonString());
            }
        }

        Add("", Deciding(spec));
        return settings;
    }

    private static JsonObject Deciding(JobSpec spec)
    {
        // The order in which a user wrote optimizers decides nothing; that of data files and labels may.
        var optimizers = new SortedDictionary<string, OptimizerSpec>(spec.Optimizers.ToDictionary(), StringComparer.Ordinal);
        JsonObject json = JsonSerializer.SerializeToNode(spec.Resolved() with { Optimizers = optimizers }, JobJson.Options)!.AsObject();
        foreach (string shapeOnly in (string[])["name", "cluster", "report", "checkpoints"])
            json.Remove(shapeOnly);
        JsonObject data = json["data"]!.AsObject();
        data.Remove("root");
        if (data["fold"] is null)
            data.Remove("fold"); // checkpoints from before there were folds stay good
        if (spec.Data is not LabelledData { HasLabels: true, Vocabulary: VocabularyParts.Train })
            data.Remove("vocabulary"); // what it was before there was a choice, so that checkpoints from then stay good
        if (data["phrases"] is null)
            data.Remove("phrases"); // the same
        if (spec.Data.Normalization == Normalization.None)
            data.Remove("normalization"); // the same
        if (spec.Data.BadBytes == BadBytes.Refuse)
            data.Remove("badBytes"); // the same
        if (spec.Data is LabelledData { EmptyText: EmptyText.Refuse })
            data.Remove("emptyText"); // the same
        if (spec.Data is DelimitedData table)
            data["quotes"] = table.QuotesIn(table.Train[0]); // which was always written
        if (spec.Vectors.ContextFile is null)
            json["vectors"]!.AsObject().Remove("contextFile"); // checkpoints from before there was one stay good
        if (spec.Model is Word2VecSpec { Output: WordOutput.NegativeSampling })
            json["model"]!.AsObject().Remove("output"); // checkpoints from before there was a choice stay good
        if (spec.Model is CustomModelSpec { Sha256: not null })
            json["model"]!.AsObject().Remove("assembly"); // its content is in it, so the file may move
        json["evaluation"]!.AsObject().Remove("probes");
        if (spec.Training.Wire == RowFormat.Full)
            json["training"]!.AsObject().Remove("wire"); // checkpoints from before there was a choice stay good
        if (spec.Phases.Count == 0)
            json.Remove("phases");
        foreach (JsonObject rule in (json["phases"]?.AsArray() ?? []).SelectMany(phase => phase!["rules"]!.AsArray()).Select(rule => rule!.AsObject()))
        {
            foreach (string absent in s_ofRows.Where(name => rule[name] is null))
                rule.Remove(absent); // as in checkpoints from before there were any
        }

        if (spec.Recipe is null)
            json.Remove("recipe");
        if (spec.Thaw == ThawState.Fresh)
            json.Remove("thaw");
        return json;
    }

    private static void Compare(string path, JsonNode? stored, JsonNode? given, List<string> lines)
    {
        if (stored is JsonObject before && given is JsonObject after)
        {
            foreach (string key in before.Select(member => member.Key).Union(after.Select(member => member.Key)))
                Compare(SettingPath.Join(path, key), before[key], after[key], lines);
        }
        else if (!JsonNode.DeepEquals(stored, given))
        {
            lines.Add($"{path}: {stored?.ToJsonString() ?? "not set"}, here {given?.ToJsonString() ?? "not set"}");
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
