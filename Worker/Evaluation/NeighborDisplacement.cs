namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// How far a row would have moved with its neighbours: the mean of the displacements of the moved rows nearest to it where both started, by cosine and weighted by it;
/// rows at a right angle and beyond do not count. It is the equation of retrofitting (Faruqui et al. 2015, NAACL), q = (sum of w·q_j + a·q̂) / (sum of w + a), for displacements in place of
/// vectors: its q̂, where the row would be without neighbours, is no displacement, and its q_j stay, since they were trained, so that one turn is all. Moved at the strength
/// s, the weight a of staying is (1 - s) / s times the sum of w; Faruqui's own, a equal to that sum, is s = 1/2.
/// </summary>
/// <param name="moved">The rows that moved.</param>
/// <param name="neighbors">Neighbours a row, at least 1.</param>
public sealed class NeighborDisplacement(MovedVectors moved, int neighbors)
{
    private readonly float[] _norms = [.. Enumerable.Range(0, moved.Count).Select(i => WordVectors.Norm(moved.First(i)))];

    /// <summary>How far a row that started with a vector would have moved; nowhere, if no moved row lies within a right angle. Any thread may call it.</summary>
    /// <param name="first">The vector that it started with.</param>
    /// <param name="displacement">Takes the answer.</param>
    public void Apply(ReadOnlySpan<float> first, Span<double> displacement)
    {
        displacement.Clear();
        float norm = WordVectors.Norm(first);
        // The farthest of those kept is the one to go; of equally near ones the lower row, which is the more frequent word, stays.
        var nearest = new PriorityQueue<int, (float Cosine, int Order)>();
        for (int i = 0; i < moved.Count; i++)
        {
            float both = norm * _norms[i], cosine = both == 0 ? 0 : WordVectors.Dot(first, moved.First(i)) / both;
            if (!(cosine > 0) || (nearest.Count == neighbors && nearest.TryPeek(out _, out (float Cosine, int Order) farthest) && (cosine, -i).CompareTo(farthest) < 0))
                continue;
            nearest.Enqueue(i, (cosine, -i));
            if (nearest.Count > neighbors)
                nearest.Dequeue();
        }

        double weights = 0;
        double[] one = new double[displacement.Length];
        while (nearest.TryDequeue(out int neighbor, out (float Cosine, int Order) priority))
        {
            weights += priority.Cosine;
            moved.Displacement(neighbor, one);
            for (int j = 0; j < one.Length; j++)
                displacement[j] += priority.Cosine * one[j];
        }

        for (int j = 0; weights > 0 && j < one.Length; j++)
            displacement[j] /= weights;
    }
}
