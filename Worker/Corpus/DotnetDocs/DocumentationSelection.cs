using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Worker.Corpus.DotnetDocs;

/// <summary>A labelled sentence of the documentation.</summary>
/// <param name="Area">Its label.</param>
/// <param name="Type">The outermost type that it documents.</param>
/// <param name="Text">The sentence.</param>
internal readonly record struct AreaSentence(string Area, string Type, string Text);

/// <summary>
/// Chooses the labelled sentences: the first sentence of each summary. Left out are constructors (they all say "Initializes a new instance"), sentences under
/// <see cref="LeastWords"/> words, and sentences that document more than one type, for those say nothing about an area. Whole types go to one part, nested
/// types with the type around them, so that a test sentence never has a twin of the same type in training. What is chosen is a function of the documentation
/// and the seed; the test part does not depend on how much training data is asked for.
/// </summary>
internal static class DocumentationSelection
{
    /// <summary>Sentences of one type at most, so that no type (some have a thousand members) makes up an area.</summary>
    public const int SentencesPerType = 5;

    private const int LeastWords = 5;

    /// <summary>The parts of the data, each in order of area.</summary>
    public sealed record Parts(IReadOnlyList<AreaSentence> Train, IReadOnlyList<AreaSentence> Dev, IReadOnlyList<AreaSentence> Test);

    /// <summary>Chooses the sentences that <paramref name="spec"/> asks for, or names every area that has too few.</summary>
    public static Parts Choose(IEnumerable<DocumentedMember> members, DotnetDocsData spec, ulong seed)
    {
        Dictionary<string, Dictionary<string, List<string>>> areas = Candidates(members);
        var errors = new List<InputError>();
        List<AreaSentence> train = [], dev = [], test = [];
        foreach (string area in DotnetAreas.Names)
        {
            Dictionary<string, List<string>> types = areas.GetValueOrDefault(area) ?? [];
            if (!Fill(area, types, spec, seed, train, dev, test))
            {
                int sentences = types.Values.Sum(t => Math.Min(SentencesPerType, t.Count));
                errors.Add(new InputError(
                    "data.trainPerArea",
                    $"The area '{area}' has {sentences} usable sentences of {types.Count} types, and whole types go to a part: too few for {spec.TestPerArea} test, {spec.DevPerArea} dev and {spec.TrainPerArea} training sentences.",
                    "Lower data.trainPerArea, data.devPerArea or data.testPerArea."));
            }
        }
        if (errors.Count > 0)
            throw new InvalidInputException(errors);
        return new Parts(train, dev, test);
    }

    private static Dictionary<string, Dictionary<string, List<string>>> Candidates(IEnumerable<DocumentedMember> members)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        var first = new List<(string Type, string Sentence)>();
        foreach (DocumentedMember member in members)
        {
            if (member.IsType)
                types.Add(member.DeclaringType!);
            if (member.Summary.Count > 0 && !member.IsConstructor && member.DeclaringType is { } type && Words(member.Summary[0]) >= LeastWords)
                first.Add((type, member.Summary[0]));
        }

        var owner = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach ((string type, string sentence) in first)
        {
            string outermost = Outermost(type, types);
            if (!owner.TryAdd(sentence, outermost) && owner[sentence] != outermost)
                owner[sentence] = null;
        }

        var areas = new Dictionary<string, Dictionary<string, List<string>>>(StringComparer.Ordinal);
        foreach ((string sentence, string? type) in owner)
        {
            if (type is null || DotnetAreas.Of(type) is not { } area)
                continue;
            if (!areas.TryGetValue(area, out Dictionary<string, List<string>>? ofArea))
                areas.Add(area, ofArea = new Dictionary<string, List<string>>(StringComparer.Ordinal));
            if (!ofArea.TryGetValue(type, out List<string>? sentences))
                ofArea.Add(type, sentences = []);
            sentences.Add(sentence);
        }
        return areas;
    }

    private static bool Fill(
        string area, Dictionary<string, List<string>> types, DotnetDocsData spec, ulong seed, List<AreaSentence> train, List<AreaSentence> dev, List<AreaSentence> test)
    {
        var random = new CounterRandom(seed, RandomPurpose.DataSplit, (long)CounterRandom.HashOf(area));
        string[] order = [.. types.Keys.Order(StringComparer.Ordinal)];
        random.Shuffle<string>(order);
        int next = 0;
        foreach ((List<AreaSentence> part, int wanted) in new[] { (test, spec.TestPerArea), (dev, spec.DevPerArea), (train, spec.TrainPerArea) })
        {
            for (int missing = wanted; missing > 0; next++)
            {
                if (next == order.Length)
                    return false;
                string type = order[next];
                string[] sentences = [.. types[type].Order(StringComparer.Ordinal)];
                random.Shuffle<string>(sentences);
                int taken = Math.Min(Math.Min(missing, SentencesPerType), sentences.Length);
                part.AddRange(sentences.Take(taken).Select(s => new AreaSentence(area, type, s)));
                missing -= taken;
            }
        }
        return true;
    }

    private static string Outermost(string type, HashSet<string> types)
    {
        for (int dot = type.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = type.IndexOf('.', dot + 1))
        {
            if (types.Contains(type[..dot]))
                return type[..dot];
        }
        return type;
    }

    private static int Words(string sentence) => sentence.Split(' ').Count(w => w.Any(char.IsLetterOrDigit));
}
