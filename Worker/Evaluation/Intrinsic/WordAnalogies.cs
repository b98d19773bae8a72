using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>How many questions of a kind were answered rightly.</summary>
/// <param name="Name">Name of the section, or what it is a sum of.</param>
/// <param name="Questions">Questions.</param>
/// <param name="Covered">Questions of which all four words have a vector: the others cannot be answered rightly.</param>
/// <param name="Correct">Questions that were answered rightly.</param>
/// <param name="Accuracy">
/// <paramref name="Correct"/> over the covered questions, or over all of them where <see cref="Conventions.Missing"/> is <see cref="MissingWords.Zero"/>; null where that is none.
/// </param>
public sealed record AnalogyScore(string Name, int Questions, int Covered, int Correct, double? Accuracy);

/// <summary>How well a set of analogies is answered.</summary>
/// <param name="Set">Name of the set.</param>
/// <param name="Sections">By section, in the order of the file.</param>
/// <param name="Semantic">Sum of the sections whose names do not begin with <c>gram</c>; null unless the set has sections of both kinds, as word2vec's questions have.</param>
/// <param name="Syntactic">Sum of the sections whose names begin with <c>gram</c>; null as for <paramref name="Semantic"/>.</param>
/// <param name="Total">Sum of all sections.</param>
/// <param name="Words">Distinct words of the set.</param>
/// <param name="Missing">Those without a vector, in the order of the file.</param>
public sealed record WordAnalogies(
    string Set, IReadOnlyList<AnalogyScore> Sections, AnalogyScore? Semantic, AnalogyScore? Syntactic, AnalogyScore Total, int Words, IReadOnlyList<string> Missing)
{
    /// <summary>Measures a set. A question's own words are no answers to it, nor are words that differ from these in case alone where case does not count.</summary>
    /// <param name="words">The vectors.</param>
    /// <param name="set">The questions.</param>
    /// <param name="conventions">What counts, and how.</param>
    /// <param name="threads">Threads that compute, at least 1. Changes no number.</param>
    public static WordAnalogies Of(WordDirections words, AnalogyFile set, Conventions conventions, int threads)
    {
        var places = new WordPlaces(words.Words, set.Questions.SelectMany(q => (string[])[q.A, q.B, q.C, q.Expected]), conventions);
        var placed = new List<PlacedQuestion>();
        var expected = new List<(int Section, string Word)>();
        for (int section = 0; section < set.Sections.Count; section++)
        {
            foreach (AnalogyQuestion question in set.Sections[section].Questions)
            {
                if (places[question.A] is not { } a || places[question.B] is not { } b || places[question.C] is not { } c || places[question.Expected] is null)
                    continue;
                placed.Add(new PlacedQuestion(a, b, c, [.. places.All(question.A), .. places.All(question.B), .. places.All(question.C)]));
                expected.Add((section, conventions.Fold(question.Expected)));
            }
        }

        int[] answers = AnalogySolver.Answer(words, places.Count, placed, conventions.Method, threads);
        int[] covered = new int[set.Sections.Count], correct = new int[set.Sections.Count];
        for (int i = 0; i < answers.Length; i++)
        {
            covered[expected[i].Section]++;
            if (answers[i] >= 0 && conventions.Fold(words.Words[answers[i]]) == expected[i].Word)
                correct[expected[i].Section]++;
        }

        AnalogyScore Score(string name, Func<AnalogySection, bool> counts)
        {
            int[] sections = [.. Enumerable.Range(0, set.Sections.Count).Where(i => counts(set.Sections[i]))];
            int all = sections.Sum(i => set.Sections[i].Questions.Count), usable = sections.Sum(i => covered[i]), right = sections.Sum(i => correct[i]);
            int counted = conventions.Missing == MissingWords.Zero ? all : usable;
            return new AnalogyScore(name, all, usable, right, counted == 0 ? null : (double)right / counted);
        }

        bool both = set.Sections.Any(IsSyntactic) && !set.Sections.All(IsSyntactic);
        return new WordAnalogies(
            set.Name, [.. set.Sections.Select(section => Score(section.Name, s => ReferenceEquals(s, section)))], both ? Score("semantic", s => !IsSyntactic(s)) : null,
            both ? Score("syntactic", IsSyntactic) : null, Score("total", _ => true), places.Asked, places.Missing);
    }

    private static bool IsSyntactic(AnalogySection section) => section.Name.StartsWith("gram", StringComparison.Ordinal);
}
